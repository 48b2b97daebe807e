'use client';

import { useState } from 'react';
import { BuildParts } from '#components/deployments/build-parts.tsx';
import { LogView } from '#components/logs/log-view.tsx';
import { type LineStreamRequest, useLineStream } from '#components/logs/use-log-stream.ts';
import { usePreferences, useTimeStyle } from '#components/layout/preferences.tsx';
import { StatusChip } from '#components/ui/chip.tsx';
import { Note } from '#components/ui/note.tsx';
import { Panel } from '#components/ui/panel.tsx';
import { ProgressBar } from '#components/ui/progress-bar.tsx';
import { Facts } from '#components/ui/readouts.tsx';
import type { EnvironmentBuild, EnvironmentVersion } from '#lib/contracts/environment.ts';
import { formatBytes } from '#lib/format/bytes.ts';
import { formatSpan } from '#lib/format/duration.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatInstant } from '#lib/format/time.ts';
import { apiPath, withSearch } from '#lib/queries/fetch-json.ts';
import { RUNTIME_WORDS, statusOfBuild } from './environment-words.ts';

export interface BuildPanelProps {
  version: EnvironmentVersion;
  build: EnvironmentBuild;
}

/** What became of a version on one runtime: how far it is, what came out, why it failed, and its log. */
export function BuildPanel({ version, build }: BuildPanelProps) {
  const { error } = build;
  return (
    <Panel title={`Build ${RUNTIME_WORDS[build.runtime]}`} aside={<StatusChip {...statusOfBuild(build.state)} />} flush>
      <div className="grid gap-3 p-4">
        {build.state === 'building' ? (
          <>
            <ProgressBar
              label={build.step ?? 'Building'}
              value={build.progress}
              detail={progressWords(build.progress)}
            />
            <BuildParts parts={build.parts} />
          </>
        ) : null}
        {error ? (
          <Note tone="danger" role="alert">
            <b className="font-medium">{error.title}.</b> {error.detail}
          </Note>
        ) : null}
        {build.warnings.map((warning) => (
          <Note key={warning} tone="warning">
            {warning}
          </Note>
        ))}
        <BuildFacts build={build} />
      </div>
      {/* A build that is made anew has a log of its own. */}
      <BuildLog key={`${build.key} ${build.started_at}`} version={version} build={build} />
    </Panel>
  );
}

function progressWords(progress: number | null): string {
  return progress === null ? '' : `${Math.floor(progress * 100)} %`;
}

function BuildFacts({ build }: { build: EnvironmentBuild }) {
  const { locale } = usePreferences();
  const style = useTimeStyle();
  const code = (text: string) => <code className="font-mono text-xs wrap-anywhere">{text}</code>;
  const took =
    build.started_at && build.finished_at
      ? formatSpan(Date.parse(build.finished_at) - Date.parse(build.started_at))
      : null;
  return (
    <Facts
      items={[
        ...(build.started_at ? [{ term: 'Begun', value: formatInstant(build.started_at, style) }] : []),
        ...(took === null ? [] : [{ term: 'Took', value: took }]),
        ...(build.digest ? [{ term: 'Digest', value: code(build.digest) }] : []),
        ...(build.image_id ? [{ term: 'Image', value: code(build.image_id) }] : []),
        ...(build.python ? [{ term: 'Python', value: build.python }] : []),
        ...(build.size_bytes === null
          ? []
          : [{ term: 'Size', value: figureText(formatBytes(build.size_bytes, locale)) }]),
      ]}
    />
  );
}

function BuildLog({ version, build }: BuildPanelProps) {
  const [follow, setFollow] = useState(true);
  const { lines, state } = useLineStream(buildLogRequest(version.name, version.version, build.runtime));
  return (
    <LogView
      className="border-t border-line"
      lines={lines}
      label={`Log of the build ${RUNTIME_WORDS[build.runtime]}`}
      follow={follow}
      onFollowChange={setFollow}
      emptyText={state === 'connecting' ? 'Reading the log…' : 'The build said nothing.'}
      height="360px"
    />
  );
}

const LOG_TAIL = 5_000;

/** The log of a build as a stream, which ends with the build. */
function buildLogRequest(name: string, version: string, runtime: EnvironmentBuild['runtime']): LineStreamRequest {
  const path = apiPath('environments', name, 'versions', version, 'logs');
  return { path: withSearch(path, { follow: true, tail: LOG_TAIL, runtime }), ends: true };
}
