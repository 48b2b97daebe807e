'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Section } from '#components/ui/panel.tsx';
import { Select } from '#components/ui/select.tsx';
import { Skeleton, SkeletonRegion } from '#components/ui/skeleton.tsx';
import type { Deployment } from '#lib/contracts/deployment.ts';
import type { DeploymentCode } from '#lib/contracts/deployment-code.ts';
import { formatBytes } from '#lib/format/bytes.ts';
import { figureText } from '#lib/format/figure.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { deploymentCodeQuery } from '#lib/queries/deployments.ts';

/** The files of a scoring script as they are deployed, to be read; "Edit" opens them to be changed. */
export function DeployedCode({ deployment }: { deployment: Deployment }) {
  const { data, error, refetch } = useQuery(deploymentCodeQuery(deployment.endpoint_name, deployment.name));
  return (
    <Section title="Code" {...(data && { count: data.files.length })}>
      <div className="border-t border-line pt-3">
        {error ? (
          <ErrorState problem={problemOf(error)} title="The code could not be read" onRetry={() => void refetch()} />
        ) : null}
        {data ? <CodeFiles code={data} /> : null}
        {data === undefined && !error ? (
          <SkeletonRegion label="the code">
            <Skeleton className="h-40 w-full" />
          </SkeletonRegion>
        ) : null}
      </div>
    </Section>
  );
}

function CodeFiles({ code: { files, scoring_script: script } }: { code: DeploymentCode }) {
  const { locale } = usePreferences();
  const [path, setPath] = useState(script);
  const shown = files.find((file) => file.path === path) ?? files[0];
  if (shown === undefined) return null;
  return (
    <div className="grid min-w-0 gap-3">
      {files.length > 1 ? (
        <Select
          className="max-w-90"
          label="File"
          options={files.map((file) => ({ id: file.path, label: file.path }))}
          value={shown.path}
          onChange={setPath}
        />
      ) : (
        <p className="font-mono text-xs">{shown.path}</p>
      )}
      {shown.text === null ? (
        <p className="text-muted">
          {shown.path} is no text, or too long to be shown: {figureText(formatBytes(shown.size_bytes, locale))}.
        </p>
      ) : (
        <CodeBlock label={shown.path} code={shown.text} maxHeight="lg" />
      )}
    </div>
  );
}
