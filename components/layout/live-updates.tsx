'use client';

import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { keysOfChange } from '#lib/queries/apply-change.ts';
import { type LiveStatus, startChangeStream } from '#lib/queries/change-stream.ts';

interface LiveState {
  status: LiveStatus;
  /** Epoch milliseconds of the last moment at which the page was known to be current. */
  since: number | null;
}

const LiveContext = createContext<LiveState>({ status: 'connecting', since: null });

/** While the stream is lost, what the page shows is read again this often. */
const FALLBACK_POLL_MS = 10_000;
/** Changes that come together are applied together. */
const BATCH_MS = 120;

/** Keeps the query cache current from the stream of changes; polls while the stream is lost. */
export function LiveUpdates({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>({ status: 'connecting', since: null });

  useEffect(() => {
    const batch = createInvalidationBatch(client);
    const stop = startChangeStream({
      onChange: (change) => batch.add(keysOfChange(change)),
      onReset: () => void client.invalidateQueries(),
      onStatus: (status) => {
        // What could not be read while the control plane was away is read again once it is back.
        if (status === 'live') void client.refetchQueries({ predicate: (query) => query.state.status === 'error' });
        setState((current) => ({ status, since: current.status === 'live' ? Date.now() : current.since }));
      },
    });
    return () => {
      stop();
      batch.stop();
    };
  }, [client]);

  useEffect(() => {
    if (state.status !== 'stale') return;
    const timer = setInterval(() => void client.invalidateQueries(), FALLBACK_POLL_MS);
    return () => clearInterval(timer);
  }, [client, state.status]);

  const value = useMemo(() => state, [state]);
  return <LiveContext value={value}>{children}</LiveContext>;
}

export function useLiveState(): LiveState {
  return useContext(LiveContext);
}

function createInvalidationBatch(client: QueryClient) {
  const waiting = new Map<string, readonly unknown[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  function flush(): void {
    timer = undefined;
    for (const queryKey of waiting.values()) void client.invalidateQueries({ queryKey });
    waiting.clear();
  }
  return {
    add(queryKeys: readonly (readonly unknown[])[]): void {
      for (const key of queryKeys) waiting.set(JSON.stringify(key), key);
      timer ??= setTimeout(flush, BATCH_MS);
    },
    stop: () => clearTimeout(timer),
  };
}
