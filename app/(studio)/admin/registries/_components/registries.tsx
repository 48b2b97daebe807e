'use client';

import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { parseAsString } from '#components/address/query-parameters.ts';
import { useQueryState } from '#components/address/use-query-state.ts';
import { Button } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { PageHead } from '#components/ui/panel.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { HeadCell, Table } from '#components/ui/table.tsx';
import type { Registry } from '#lib/contracts/registry.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { registriesQuery } from '#lib/queries/registries.ts';
import { RegistryRow } from './registry-row.tsx';

const RegistryForm = lazy(() => import('./registry-form.tsx').then((module) => ({ default: module.RegistryForm })));
const DeleteRegistry = lazy(() =>
  import('./delete-registry.tsx').then((module) => ({ default: module.DeleteRegistry })),
);

type Open = { kind: 'edit' | 'delete'; registry: Registry } | null;

/** Whom private registries are asked as. `?add=<host>` opens the form for that host. */
export function Registries() {
  const { data: registries, ...query } = useQuery(registriesQuery());
  const [adding, setAdding] = useQueryState('add', parseAsString);
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const add = (
    <Button variant="primary" icon={<Plus size={16} aria-hidden="true" />} onPress={() => void setAdding('')}>
      Add credentials
    </Button>
  );
  return (
    <>
      <PageHead title="Registries" aside={registries?.length} actions={add} />
      <p className="mb-5 max-w-[72ch] text-muted">
        Images of these hosts are pulled with the credentials that are kept for them. Passwords are sealed, and never
        shown or logged. A host that serves images to everybody needs none.
      </p>
      {query.isPending ? <SkeletonRows label="the registries" rows={3} /> : null}
      {query.isError ? (
        <ErrorState
          problem={problemOf(query.error)}
          title="The registries could not be read"
          onRetry={() => void query.refetch()}
          isRetrying={query.isFetching}
        />
      ) : null}
      {registries?.length === 0 ? (
        <EmptyState title="No credentials" headingLevel={2}>
          Only images that anybody may pull can be deployed. Add credentials for a registry of your own.
        </EmptyState>
      ) : null}
      {registries && registries.length > 0 ? (
        <Table label="Registries">
          <thead>
            <tr>
              <HeadCell>Host</HeadCell>
              <HeadCell>User name</HeadCell>
              <HeadCell>Description</HeadCell>
              <HeadCell numeric>Changed</HeadCell>
              <HeadCell>
                <span className="sr-only">Actions</span>
              </HeadCell>
            </tr>
          </thead>
          <tbody>
            {registries.map((registry) => (
              <RegistryRow
                // What other credentials were answered is no answer to these.
                key={`${registry.host} ${registry.revision}`}
                registry={registry}
                onEdit={() => setOpen({ kind: 'edit', registry })}
                onDelete={() => setOpen({ kind: 'delete', registry })}
              />
            ))}
          </tbody>
        </Table>
      ) : null}
      <Suspense fallback={null}>
        {adding === null ? null : <RegistryForm registry={null} host={adding} onClose={() => void setAdding(null)} />}
        {open?.kind === 'edit' ? (
          <RegistryForm registry={open.registry} host={open.registry.host} onClose={close} />
        ) : null}
        {open?.kind === 'delete' ? <DeleteRegistry registry={open.registry} onClose={close} /> : null}
      </Suspense>
    </>
  );
}
