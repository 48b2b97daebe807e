'use client';

import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { problemOf } from '#lib/queries/api-problem.ts';

const MAX_RETRIES = 2;

/** Data stays fresh until the stream of changes says otherwise, so there is nothing to refetch on focus. */
function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: leaveWhenSignedOut }),
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => {
          const { status } = problemOf(error);
          return failures < MAX_RETRIES && (status === 0 || status >= 500);
        },
      },
    },
  });
}

export function QueryProvider({ children }: { children: ReactNode }) {
  const [client] = useState(createQueryClient);
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>;
}

/** A session that ended shows as a refused read: the person signs in and comes back to the same place. */
function leaveWhenSignedOut(error: Error): void {
  if (problemOf(error).code !== 'auth.required') return;
  const here = `${location.pathname}${location.search}`;
  location.assign(`/sign-in?next=${encodeURIComponent(here)}`);
}
