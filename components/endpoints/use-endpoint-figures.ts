'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { deriveEndpointFigures, endpointFigureRequests } from '#lib/queries/endpoint-figures.ts';
import { metricsQuery } from '#lib/queries/metrics.ts';

/** Rates, latency and errors of every endpoint, kept current. `error` is set while figures cannot be read; the rows show without them. */
export function useEndpointFigures(lastMs: number) {
  const requests = endpointFigureRequests(lastMs);
  const rate = useQuery(metricsQuery(requests.rate));
  const p95 = useQuery(metricsQuery(requests.p95));
  const errors = useQuery(metricsQuery(requests.errors));
  const figures = useMemo(
    () => deriveEndpointFigures({ rate: rate.data, p95: p95.data, errors: errors.data }, rate.dataUpdatedAt),
    [rate.data, rate.dataUpdatedAt, p95.data, errors.data],
  );
  return {
    figures,
    isPending: rate.isPending,
    error: rate.error ?? p95.error ?? errors.error,
    retry: () => void Promise.all([rate.refetch(), p95.refetch(), errors.refetch()]),
  };
}
