'use client';

import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { PageHead } from '#components/ui/panel.tsx';
import { SearchField } from '#components/ui/search-field.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import type { InstanceType } from '#lib/contracts/instance-type.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { infoQuery } from '#lib/queries/info.ts';
import { instanceTypesQuery } from '#lib/queries/instance-types.ts';
import { InstanceTypeTable } from './instance-type-table.tsx';

const InstanceTypeForm = lazy(() =>
  import('./instance-type-form.tsx').then((module) => ({ default: module.InstanceTypeForm })),
);
const DeleteInstanceType = lazy(() =>
  import('./delete-instance-type.tsx').then((module) => ({ default: module.DeleteInstanceType })),
);

type Open = { kind: 'edit'; type: InstanceType | null } | { kind: 'delete'; type: InstanceType } | null;

/** Sizes that instances can have and what an hour of each costs. */
export function InstanceTypes() {
  const { data: types, ...query } = useQuery(instanceTypesQuery());
  const info = useQuery(infoQuery());
  const [filter, setFilter] = useState('');
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const words = filter.toLowerCase();
  const shown = (types ?? []).filter((type) => `${type.name} ${type.description}`.toLowerCase().includes(words));
  return (
    <>
      <PageHead
        title="Instance types"
        aside={types?.length}
        actions={
          <Button
            variant="primary"
            icon={<Plus size={16} aria-hidden="true" />}
            onPress={() => setOpen({ kind: 'edit', type: null })}
          >
            Add instance type
          </Button>
        }
      />
      <p className="mb-5 max-w-[72ch] text-muted">
        A type says how much processor and memory one instance may use and what it costs per hour. A new price counts
        from the moment it is saved; hours before keep the price they had.
      </p>
      {query.isPending ? <SkeletonRows label="the instance types" rows={5} /> : null}
      {query.isError ? (
        <ErrorState
          problem={problemOf(query.error)}
          title="The instance types could not be read"
          onRetry={() => void query.refetch()}
          isRetrying={query.isFetching}
        />
      ) : null}
      {types?.length === 0 ? (
        <EmptyState title="No instance types" headingLevel={2}>
          Without one nothing can be deployed. Add the first.
        </EmptyState>
      ) : null}
      {types && types.length > 0 ? (
        <SearchField
          label="Filter instance types"
          placeholder="Filter by name or description"
          keys={['/']}
          value={filter}
          onChange={setFilter}
          className="mb-3 w-80 max-w-full max-md:w-full"
        />
      ) : null}
      {types && types.length > 0 && shown.length === 0 ? (
        <EmptyState
          title="Nothing matches"
          headingLevel={2}
          actions={<Button onPress={() => setFilter('')}>Clear the filter</Button>}
        />
      ) : null}
      {shown.length > 0 ? (
        <InstanceTypeTable
          types={shown}
          onEdit={(type) => setOpen({ kind: 'edit', type })}
          onDelete={(type) => setOpen({ kind: 'delete', type })}
        />
      ) : null}
      <Suspense fallback={null}>
        {open?.kind === 'edit' ? (
          <InstanceTypeForm type={open.type} currency={info.data?.currency ?? 'USD'} onClose={close} />
        ) : null}
        {open?.kind === 'delete' ? <DeleteInstanceType type={open.type} onClose={close} /> : null}
      </Suspense>
    </>
  );
}
