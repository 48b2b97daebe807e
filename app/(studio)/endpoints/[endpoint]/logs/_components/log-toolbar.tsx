'use client';

import { ChevronDown, ChevronUp, Download } from 'lucide-react';
import { useState } from 'react';
import { downloadText } from '#components/charts/chart-csv.ts';
import { usePreferences } from '#components/layout/preferences.tsx';
import { DeploymentMark } from '#components/ui/deployment.tsx';
import { IconButton } from '#components/ui/icon-button.tsx';
import { SearchField } from '#components/ui/search-field.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import { Select } from '#components/ui/select.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { Deployment, Instance, LogLine } from '#lib/contracts/deployment.ts';
import { formatInteger } from '#lib/format/number.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { apiPath, fetchJson, withSearch } from '#lib/queries/fetch-json.ts';
import type { LogContainer, StreamFilter } from './log-choices.ts';

const ALL = 'all';
/** The most that the server hands out at once. */
const DOWNLOAD_LINES = 50_000;
const CONTAINER_LABELS: readonly { id: LogContainer; label: string }[] = [
  { id: 'inference-server', label: 'Inference server' },
  { id: 'storage-initializer', label: 'Storage initializer' },
  { id: 'build', label: 'Build' },
];
const STREAM_LABELS = [
  { id: 'all', label: 'All' },
  { id: 'stdout', label: 'stdout' },
  { id: 'stderr', label: 'stderr' },
  { id: 'system', label: 'Platform' },
] as const;

export interface LogToolbarProps {
  endpoint: string;
  deployment: Deployment;
  deployments: readonly Deployment[];
  running: readonly Instance[];
  lines: readonly LogLine[];
  instance: string | null;
  container: LogContainer;
  stream: StreamFilter;
  search: { text: string; count: number; position: number; step: (direction: 1 | -1) => void };
  onDeployment: (name: string) => void;
  onInstance: (id: string | null) => void;
  onContainer: (container: LogContainer) => void;
  onStream: (stream: StreamFilter) => void;
  onSearch: (text: string) => void;
}

/** Which console, which instance, which stream; what to look for; all of it as a file. */
export function LogToolbar(props: LogToolbarProps) {
  const { endpoint, deployment, deployments, container, stream, onDeployment, onContainer, onStream } = props;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {deployments.length > 1 ? (
        <SegmentedControl
          label="Deployment"
          options={deployments
            .toSorted((a, b) => a.colour_slot - b.colour_slot)
            .map(({ name, colour_slot }) => ({
              id: name,
              label: name,
              icon: <DeploymentMark slot={colour_slot} size={9} />,
            }))}
          value={deployment.name}
          onChange={onDeployment}
        />
      ) : null}
      {deployment.external ? null : (
        <Select
          label="Log of"
          labelHidden
          look="toolbar"
          value={container}
          onChange={(id) => onContainer(CONTAINER_LABELS.find((one) => one.id === id)?.id ?? 'inference-server')}
          options={CONTAINER_LABELS}
        />
      )}
      {container === 'build' ? null : <InstanceSelect {...props} />}
      {container === 'inference-server' ? (
        <SegmentedControl label="Stream" options={STREAM_LABELS} value={stream} onChange={onStream} />
      ) : null}
      <LineSearch {...props} />
      <DownloadLog endpoint={endpoint} deployment={deployment.name} container={container} instance={props.instance} />
    </div>
  );
}

/** Instances that run, then those that only their lines are left of. */
function InstanceSelect({ running, lines, instance, onInstance }: LogToolbarProps) {
  const current = new Map(running.map((one) => [one.id, one.state]));
  const gone = [...new Set(lines.map((line) => line.instance))].filter((id) => !current.has(id)).toReversed();
  const known = new Set([...current.keys(), ...gone, ...(instance === null ? [] : [instance])]);
  return (
    <Select
      label="Instance"
      labelHidden
      look="toolbar"
      value={instance ?? ALL}
      onChange={(id) => onInstance(id === ALL ? null : id)}
      options={[
        { id: ALL, label: 'All instances', detail: known.size > 0 ? String(known.size) : undefined },
        ...[...known].map((id) => ({
          id,
          label: id.split('.').at(-1) ?? id,
          detail: current.get(id)?.replaceAll('_', ' ') ?? 'gone',
        })),
      ]}
    />
  );
}

function LineSearch({ search, onSearch }: Pick<LogToolbarProps, 'search' | 'onSearch'>) {
  const { locale } = usePreferences();
  const { text, count, position, step } = search;
  const words =
    text === ''
      ? ''
      : position > 0
        ? `${formatInteger(position, locale)} of ${formatInteger(count, locale)}`
        : `${formatInteger(count, locale)} ${count === 1 ? 'line' : 'lines'}`;
  return (
    <div className="flex min-w-0 flex-1 basis-60 items-center justify-end gap-1">
      <span className="text-end text-xs whitespace-nowrap text-muted max-md:order-1" role="status">
        {words}
      </span>
      <div
        role="presentation"
        className="max-w-75 min-w-0 flex-1 max-md:max-w-none"
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          step(event.shiftKey ? -1 : 1);
        }}
      >
        <SearchField label="Search the console" placeholder="Search" value={text} onChange={onSearch} keys={['/']} />
      </div>
      <IconButton
        label="Previous match"
        size="sm"
        isDisabled={count === 0}
        icon={<ChevronUp size={14} aria-hidden="true" />}
        onPress={() => step(-1)}
      />
      <IconButton
        label="Next match"
        size="sm"
        isDisabled={count === 0}
        icon={<ChevronDown size={14} aria-hidden="true" />}
        onPress={() => step(1)}
      />
    </div>
  );
}

/** Everything that is kept, not only what the page has read. */
function DownloadLog({
  endpoint,
  deployment,
  container,
  instance,
}: {
  endpoint: string;
  deployment: string;
  container: LogContainer;
  instance: string | null;
}) {
  const [busy, setBusy] = useState(false);
  async function download(): Promise<void> {
    setBusy(true);
    try {
      const path = withSearch(apiPath('endpoints', endpoint, 'deployments', deployment, 'logs'), {
        tail: DOWNLOAD_LINES,
        container,
        instance,
      });
      const { content } = await fetchJson<{ content: string }>(path);
      const part = container === 'inference-server' ? '' : `-${container}`;
      downloadText(`${endpoint}-${deployment}${part}.log`, content, 'text/plain;charset=utf-8');
    } catch (error) {
      const { title, detail } = problemOf(error);
      toast({ tone: 'danger', text: `Not downloaded. ${title}: ${detail}` });
    }
    setBusy(false);
  }
  return (
    <IconButton
      label="Download the console as text"
      size="sm"
      variant="secondary"
      busy={busy}
      icon={<Download size={14} aria-hidden="true" />}
      onPress={() => void download()}
    />
  );
}
