'use client';

import { useQuery } from '@tanstack/react-query';
import { metricsQuery } from '#lib/queries/metrics.ts';

/** Requests that reached a deployment, by its name. */
export type MeasuredShares = ReadonlyMap<string, number>;

const MEASURED_MS = 60_000;

/** Who answered how many requests of the last minute; null while unknown. */
export function useMeasuredShares(endpoint: string): MeasuredShares | null {
  const { data } = useQuery(
    metricsQuery({
      metric: 'Requests',
      endpoint,
      range: { lastMs: MEASURED_MS },
      stepSeconds: 10,
      splitBy: ['deployment'],
    }),
  );
  if (data === undefined) return null;
  // Calls that were turned away before a deployment was chosen carry no name and belong to no share.
  return new Map(
    data.series.flatMap(({ labels, points }) =>
      labels.deployment ? [[labels.deployment, points.reduce((sum, [, value]) => sum + (value ?? 0), 0)]] : [],
    ),
  );
}

export function totalOf(measured: MeasuredShares | null): number {
  return [...(measured?.values() ?? [])].reduce((sum, count) => sum + count, 0);
}
