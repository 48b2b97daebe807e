'use client';

import { useQuery } from '@tanstack/react-query';
import { useSelectedLayoutSegment } from 'next/navigation';
import type { ReactNode } from 'react';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { problemOf } from '#lib/queries/api-problem.ts';
import { endpointQuery } from '#lib/queries/endpoints.ts';
import { EndpointHeader } from './endpoint-header.tsx';

/** Header and tab of an endpoint. One that does not exist is said once, and not by every panel; its operations outlive it. */
export function EndpointFrame({ name, children }: { name: string; children: ReactNode }) {
  const { error } = useQuery(endpointQuery(name));
  const segment = useSelectedLayoutSegment();
  const isMissing = error !== null && problemOf(error).status === 404;
  if (isMissing && segment !== 'operations') return <MissingEndpoint name={name} />;
  return (
    <>
      {isMissing ? <h1>{name}</h1> : <EndpointHeader name={name} />}
      <div className="pt-6">{children}</div>
    </>
  );
}

function MissingEndpoint({ name }: { name: string }) {
  return (
    <>
      <h1 className="wrap-anywhere">{name}</h1>
      <EmptyState
        title="There is no endpoint of this name"
        headingLevel={2}
        actions={
          <>
            <ButtonLink href="/endpoints" variant="primary">
              All endpoints
            </ButtonLink>
            <ButtonLink href="/endpoints/new">New endpoint</ButtonLink>
          </>
        }
      >
        It was deleted, or the link has a typing error. What it cost stays on the cost page.
      </EmptyState>
    </>
  );
}
