'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsString } from '#components/address/query-parameters.ts';
import { useQueryState } from '#components/address/use-query-state.ts';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { PageHead, Section } from '#components/ui/panel.tsx';
import { Select } from '#components/ui/select.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { ModelVersion } from '#lib/contracts/model.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { modelVersionsQuery } from '#lib/queries/models.ts';
import { type ComparedRow, compareVersions, isChanged } from './compare-versions.ts';

/** Two versions of a model side by side: what changed in what it takes, needs and reached. */
export function VersionComparison({ model }: { model: string }) {
  const { data: versions, error, refetch } = useQuery(modelVersionsQuery(model));
  const [from, setFrom] = useQueryState('from', parseAsString);
  const [to, setTo] = useQueryState('to', parseAsString);
  if (error) {
    return (
      <ErrorState problem={problemOf(error)} title="The versions could not be read" onRetry={() => void refetch()} />
    );
  }
  if (versions === undefined) return <SkeletonRows label="the versions" rows={6} />;
  const after = versions.find(({ version }) => version === to) ?? versions[0];
  const before = versions.find(({ version }) => version === from) ?? versions[1];
  const options = versions.map(({ version }) => ({ id: version, label: version }));
  return (
    <>
      <PageHead title={`Versions of ${model}, compared`} />
      {before && after ? (
        <div className="grid gap-8">
          <div className="flex flex-wrap gap-4">
            <Select label="Before" options={options} value={before.version} onChange={(id) => void setFrom(id)} />
            <Select label="After" options={options} value={after.version} onChange={(id) => void setTo(id)} />
          </div>
          <Compared before={before} after={after} />
        </div>
      ) : (
        <EmptyState title="Nothing to compare" headingLevel={2}>
          There is one version. The next one can be compared with it.
        </EmptyState>
      )}
    </>
  );
}

function Compared({ before, after }: { before: ModelVersion; after: ModelVersion }) {
  const { signature, packages, metrics, files } = compareVersions(before, after);
  const names = { before: before.version, after: after.version };
  return (
    <>
      <Part title="Signature" rows={signature} names={names} />
      <Part title="Packages" rows={packages} names={names} />
      <Part title="Metrics" rows={metrics} names={names} />
      <Part title="Files" rows={files} names={names} />
    </>
  );
}

function Part({
  title,
  rows,
  names,
}: {
  title: string;
  rows: readonly ComparedRow[];
  names: { before: string; after: string };
}) {
  if (rows.length === 0) return null;
  const changed = rows.filter(isChanged).length;
  return (
    <Section
      title={title}
      aside={<span className="text-muted">{changed === 0 ? 'the same' : `${changed} differ`}</span>}
    >
      <Table label={title} compact>
        <thead>
          <tr>
            <HeadCell>Name</HeadCell>
            <HeadCell>Version {names.before}</HeadCell>
            <HeadCell>Version {names.after}</HeadCell>
            <HeadCell>Change</HeadCell>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.name}>
              <RowHeader className="font-mono text-xs wrap-anywhere">{row.name}</RowHeader>
              <Cell className="font-mono text-xs">{row.before ?? '–'}</Cell>
              <Cell className="font-mono text-xs">{row.after ?? '–'}</Cell>
              <Cell className={isChanged(row) ? 'font-medium' : 'text-muted'}>{sayChange(row)}</Cell>
            </Row>
          ))}
        </tbody>
      </Table>
    </Section>
  );
}

function sayChange(row: ComparedRow): string {
  if (!isChanged(row)) return 'same';
  if (row.before === null) return 'added';
  return row.after === null ? 'removed' : 'changed';
}
