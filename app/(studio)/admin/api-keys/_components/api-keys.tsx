'use client';

import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { PageHead } from '#components/ui/panel.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import type { ApiKey } from '#lib/contracts/identity.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { apiKeysQuery } from '#lib/queries/api-keys.ts';
import { ApiKeyTable } from './api-key-table.tsx';
import { SigningKeys } from './signing-keys.tsx';

const CreateApiKey = lazy(() => import('./create-api-key.tsx').then((module) => ({ default: module.CreateApiKey })));
const RevokeApiKey = lazy(() => import('./revoke-api-key.tsx').then((module) => ({ default: module.RevokeApiKey })));

type Open = { kind: 'create' } | { kind: 'revoke'; apiKey: ApiKey } | null;

/** Keys for programs that use the REST API in place of a person. */
export function ApiKeys() {
  const { data: apiKeys, ...query } = useQuery(apiKeysQuery());
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const create = (
    <Button variant="primary" icon={<Plus size={16} aria-hidden="true" />} onPress={() => setOpen({ kind: 'create' })}>
      Create API key
    </Button>
  );
  return (
    <>
      <PageHead title="API keys" aside={apiKeys?.length} actions={apiKeys?.length === 0 ? null : create} />
      <p className="mb-5 max-w-[72ch] text-muted">
        A program that deploys or reads through the REST API sends one as{' '}
        <code className="font-mono text-xs">Authorization: Bearer KEY</code>. It may do what its maker may. Requests to
        endpoints need the endpoint’s own key or token instead.
      </p>
      {query.isPending ? <SkeletonRows label="the API keys" rows={4} /> : null}
      {query.isError ? (
        <ErrorState
          problem={problemOf(query.error)}
          title="The API keys could not be read"
          onRetry={() => void query.refetch()}
          isRetrying={query.isFetching}
        />
      ) : null}
      {apiKeys?.length === 0 ? (
        <EmptyState title="No API keys" headingLevel={2} actions={create} className="rounded-lg border border-line">
          Pipelines, scripts and the command line need one. You need none in the browser.
        </EmptyState>
      ) : null}
      {apiKeys && apiKeys.length > 0 ? (
        <ApiKeyTable apiKeys={apiKeys} onRevoke={(apiKey) => setOpen({ kind: 'revoke', apiKey })} />
      ) : null}
      <SigningKeys />
      <Suspense fallback={null}>
        {open?.kind === 'create' ? <CreateApiKey onClose={close} /> : null}
        {open?.kind === 'revoke' ? <RevokeApiKey apiKey={open.apiKey} onClose={close} /> : null}
      </Suspense>
    </>
  );
}
