'use client';

import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { parseAsBoolean, parseAsString } from '#components/address/query-parameters.ts';
import { useQueryState } from '#components/address/use-query-state.ts';
import { Age } from '#components/layout/age.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink, Link } from '#components/ui/link.tsx';
import { PageHead } from '#components/ui/panel.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import { SearchField } from '#components/ui/search-field.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { Switch } from '#components/ui/switch.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { Model } from '#lib/contracts/model.ts';
import { formatBytes } from '#lib/format/bytes.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { modelsQuery } from '#lib/queries/models.ts';
import { MODEL_TYPE_WORDS } from './model-words.ts';
import { RunningRegistrations } from './running-registrations.tsx';

/** The registry: what can be deployed, and who uses it. */
export function ModelList() {
  const { data: models, error, refetch, isFetching } = useQuery(modelsQuery());
  const [search, setSearch] = useQueryState('q', parseAsString.withDefault(''));
  const [showsArchived, setShowsArchived] = useQueryState('archived', parseAsBoolean.withDefault(false));
  const archived = models?.filter(isPutAside).length ?? 0;
  const matching = models?.filter(
    (model) => model.name.toLowerCase().includes(search.trim().toLowerCase()) && (showsArchived || !isPutAside(model)),
  );
  return (
    <>
      <PageHead
        title="Models"
        aside={models?.length}
        actions={
          <>
            <ButtonLink href="/endpoints/new?mode=nocode">Deploy a model</ButtonLink>
            <ButtonLink href="/models/register" variant="primary" icon={<Plus size={16} aria-hidden="true" />}>
              Register a model
            </ButtonLink>
          </>
        }
      />
      {error ? (
        <ErrorState
          problem={problemOf(error)}
          title="The models could not be read"
          onRetry={() => void refetch()}
          isRetrying={isFetching}
          className="mb-6"
        />
      ) : null}
      <RunningRegistrations />
      {models === undefined && !error ? <SkeletonRows label="the models" rows={6} /> : null}
      {models?.length === 0 ? (
        <EmptyState
          title="No models yet"
          headingLevel={2}
          actions={<ButtonLink href="/models/register">Bring a model</ButtonLink>}
        >
          A model is a file or folder under a name, in versions that never change. Register one, or deploy one at once.
        </EmptyState>
      ) : null}
      {models && models.length > 0 ? (
        <div className="mb-3 flex flex-wrap items-center gap-4">
          <SearchField
            label="Filter models"
            placeholder="Filter by name"
            keys={['/']}
            value={search}
            onChange={(text) => void setSearch(text || null)}
            className="w-80 max-w-full"
          />
          {archived > 0 ? (
            <Switch isSelected={showsArchived} onChange={(isOn) => void setShowsArchived(isOn || null)}>
              Show archived ({archived})
            </Switch>
          ) : null}
        </div>
      ) : null}
      {matching?.length === 0 && models && models.length > 0 ? (
        <EmptyState
          title="Nothing matches"
          headingLevel={2}
          actions={
            <Button
              onPress={() => {
                void setSearch(null);
                void setShowsArchived(true);
              }}
            >
              Show all
            </Button>
          }
        >
          None of {models.length} models is shown: by its name, or because all its versions are archived.
        </EmptyState>
      ) : null}
      {matching && matching.length > 0 ? <ModelTable models={matching} /> : null}
    </>
  );
}

/** Whether every version is archived. */
const isPutAside = ({ version_count: all, archived_version_count: archived }: Model): boolean =>
  all > 0 && archived === all;

function ModelTable({ models }: { models: readonly Model[] }) {
  const { locale } = usePreferences();
  return (
    <Table label="Models">
      <thead>
        <tr>
          <HeadCell>Name</HeadCell>
          <HeadCell>Newest version</HeadCell>
          <HeadCell numeric>Versions</HeadCell>
          <HeadCell>Kind</HeadCell>
          <HeadCell numeric>Size</HeadCell>
          <HeadCell numeric>Used by</HeadCell>
          <HeadCell numeric>Changed</HeadCell>
        </tr>
      </thead>
      <tbody>
        {models.map((model) => (
          <Row key={model.name}>
            <RowHeader>
              <Link look="object" href={`/models/${encodeURIComponent(model.name)}`}>
                {model.name}
              </Link>
            </RowHeader>
            <Cell>{model.latest_version ?? '–'}</Cell>
            <Cell numeric>{model.version_count}</Cell>
            <Cell>{MODEL_TYPE_WORDS[model.type]}</Cell>
            <Cell numeric>
              <Figure {...formatBytes(model.size_bytes, locale)} />
            </Cell>
            <Cell numeric>
              {model.used_by.length === 0
                ? '–'
                : `${model.used_by.length} ${model.used_by.length === 1 ? 'deployment' : 'deployments'}`}
            </Cell>
            <Cell numeric>
              <Age at={model.updated_at} />
            </Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}
