'use client';

import { DeploymentUsers } from '#components/endpoints/deployment-users.tsx';
import { usePreferences, useTimeStyle } from '#components/layout/preferences.tsx';
import { Tag } from '#components/ui/chip.tsx';
import { Section } from '#components/ui/panel.tsx';
import { Facts } from '#components/ui/readouts.tsx';
import type { DetectedModel, ModelVersion } from '#lib/contracts/model.ts';
import { formatBytes } from '#lib/format/bytes.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatInstant } from '#lib/format/time.ts';
import type { ReactNode } from 'react';

interface Fact {
  term: string;
  value: ReactNode;
}

/** What is known of a version besides what is in it. */
export function VersionAbout({ data }: { data: ModelVersion }) {
  const { locale } = usePreferences();
  const style = useTimeStyle();
  const tags = Object.entries(data.tags);
  return (
    <Section title="About">
      <div className="border-t border-line pt-3">
        <Facts
          items={[
            ...given('Description', data.description),
            ...given('Stage', data.stage),
            ...(tags.length > 0 ? [{ term: 'Tags', value: <Tags tags={tags} /> }] : []),
            ...formatFacts(data.detected),
            { term: 'Size', value: figureText(formatBytes(data.size_bytes, locale)) },
            { term: 'From', value: <Code>{data.path}</Code> },
            { term: 'SHA-256', value: <Code>{data.sha256}</Code> },
            { term: 'Registered', value: formatInstant(data.created_at, style) },
            { term: 'Used by', value: <DeploymentUsers usedBy={data.used_by} /> },
          ]}
        />
      </div>
    </Section>
  );
}

/** Where the model comes from, as its own description tells. */
function formatFacts({ onnx, mlflow }: DetectedModel): Fact[] {
  if (onnx) {
    const producer = onnx.producer || 'an unnamed program';
    return [{ term: 'Opset', value: `${onnx.opset}, format ${onnx.ir_version}, made by ${producer}` }];
  }
  if (!mlflow) return [];
  return [
    { term: 'Flavours', value: mlflow.flavors.join(', ') },
    ...given('Made by', mlflow.mlflow_version && `MLflow ${mlflow.mlflow_version}`),
    ...given('Made at', mlflow.utc_time_created && `${mlflow.utc_time_created.slice(0, 19)} UTC`),
    ...(mlflow.run_id === null ? [] : [{ term: 'Run', value: <Code>{mlflow.run_id}</Code> }]),
    ...(mlflow.model_uuid === null ? [] : [{ term: 'Model id', value: <Code>{mlflow.model_uuid}</Code> }]),
  ];
}

function given(term: string, value: string | null): Fact[] {
  return value ? [{ term, value }] : [];
}

function Code({ children }: { children: string }) {
  return <code className="font-mono text-xs break-all">{children}</code>;
}

function Tags({ tags }: { tags: readonly (readonly [string, string])[] }) {
  return (
    <span className="flex flex-wrap gap-1.5">
      {tags.map(([name, value]) => (
        <Tag key={name}>{value === '' ? name : `${name}: ${value}`}</Tag>
      ))}
    </span>
  );
}
