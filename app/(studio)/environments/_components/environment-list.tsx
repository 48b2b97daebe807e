'use client';

import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { parseAsBoolean, parseAsString } from '#components/address/query-parameters.ts';
import { useQueryState } from '#components/address/use-query-state.ts';
import { Age } from '#components/layout/age.tsx';
import { Button } from '#components/ui/button.tsx';
import { Tag } from '#components/ui/chip.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink, Link } from '#components/ui/link.tsx';
import { PageHead } from '#components/ui/panel.tsx';
import { SearchField } from '#components/ui/search-field.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { Switch } from '#components/ui/switch.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { Environment } from '#lib/contracts/environment.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { environmentsQuery } from '#lib/queries/environments.ts';
import { environmentPath, KIND_WORDS } from './environment-words.ts';

/** What deployments run in: images and sets of packages, in versions. */
export function EnvironmentList() {
  const { data: environments, error, refetch, isFetching } = useQuery(environmentsQuery());
  const [search, setSearch] = useQueryState('q', parseAsString.withDefault(''));
  const [showsAll, setShowsAll] = useQueryState('unnamed', parseAsBoolean.withDefault(false));
  const hidden = environments?.filter(({ anonymous }) => anonymous).length ?? 0;
  const shown = environments?.filter(
    ({ name, anonymous }) => (showsAll || !anonymous) && name.toLowerCase().includes(search.trim().toLowerCase()),
  );
  return (
    <>
      <PageHead
        title="Environments"
        aside={environments?.length}
        actions={
          <ButtonLink href="/environments/new" variant="primary" icon={<Plus size={16} aria-hidden="true" />}>
            New environment
          </ButtonLink>
        }
      />
      {error ? (
        <ErrorState
          problem={problemOf(error)}
          title="The environments could not be read"
          onRetry={() => void refetch()}
          isRetrying={isFetching}
          className="mb-6"
        />
      ) : null}
      {environments === undefined && !error ? <SkeletonRows label="the environments" rows={5} /> : null}
      {environments && environments.length > 0 ? (
        <div className="mb-3 flex flex-wrap items-center gap-x-5 gap-y-2">
          <SearchField
            label="Filter environments"
            placeholder="Filter by name"
            keys={['/']}
            value={search}
            onChange={(text) => void setSearch(text || null)}
            className="w-80 max-w-full"
          />
          {hidden > 0 ? (
            <Switch isSelected={showsAll} onChange={(isOn) => void setShowsAll(isOn || null)}>
              Show {hidden} that deployments brought along
            </Switch>
          ) : null}
        </div>
      ) : null}
      {shown?.length === 0 ? (
        <EmptyState
          title={search === '' ? 'No environments of your own yet' : 'Nothing matches'}
          headingLevel={2}
          actions={search === '' ? null : <Button onPress={() => void setSearch(null)}>Clear the filter</Button>}
        >
          An environment is what a deployment runs in: an image, or a set of Python packages. It has a name, and
          versions that never change.
        </EmptyState>
      ) : null}
      {shown && shown.length > 0 ? <EnvironmentTable environments={shown} /> : null}
    </>
  );
}

function EnvironmentTable({ environments }: { environments: readonly Environment[] }) {
  return (
    <Table label="Environments">
      <thead>
        <tr>
          <HeadCell>Name</HeadCell>
          <HeadCell>Newest version</HeadCell>
          <HeadCell numeric>Versions</HeadCell>
          <HeadCell>Made from</HeadCell>
          <HeadCell>Description</HeadCell>
          <HeadCell numeric>Used by</HeadCell>
          <HeadCell numeric>Changed</HeadCell>
        </tr>
      </thead>
      <tbody>
        {environments.map((environment) => (
          <Row key={environment.name}>
            <RowHeader>
              <span className="flex items-center gap-2">
                <Link look="object" href={environmentPath(environment.name)}>
                  {environment.name}
                </Link>
                {environment.anonymous ? <Tag>brought along</Tag> : null}
              </span>
            </RowHeader>
            <Cell>{environment.latest_version ?? '–'}</Cell>
            <Cell numeric>{environment.version_count}</Cell>
            <Cell>{KIND_WORDS[environment.kind]}</Cell>
            <Cell className="max-w-80 truncate text-muted">{environment.description || '–'}</Cell>
            <Cell numeric>{usersWords(environment.used_by.length)}</Cell>
            <Cell numeric>
              <Age at={environment.updated_at} />
            </Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}

function usersWords(count: number): string {
  if (count === 0) return '–';
  return count === 1 ? '1 deployment' : `${count} deployments`;
}
