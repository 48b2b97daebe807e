'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Operation } from '#lib/contracts/operation.ts';
import { apiPath, API_BASE } from '#lib/queries/fetch-json.ts';
import { keys } from '#lib/queries/keys.ts';
import { operationQuery } from '#lib/queries/operations.ts';

const FALLBACK_REFETCH_MS = 2_000;

/** An operation that follows its own event stream while it runs, and asks again where the stream does not hold. */
export function useLiveOperation(id: string) {
  const client = useQueryClient();
  const query = useQuery({
    ...operationQuery(id),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? FALLBACK_REFETCH_MS : false),
  });
  const isRunning = query.data?.status === 'running';
  useEffect(() => {
    if (!isRunning) return;
    const source = new EventSource(`${API_BASE}${apiPath('operations', id, 'events')}`);
    source.addEventListener('operation', (event: MessageEvent<string>) => {
      const operation = JSON.parse(event.data) as Operation;
      client.setQueryData(operationQuery(id).queryKey, operation);
      if (operation.status !== 'running') void client.invalidateQueries({ queryKey: keys.endpoints.all() });
    });
    return () => source.close();
  }, [client, id, isRunning]);
  return query;
}
