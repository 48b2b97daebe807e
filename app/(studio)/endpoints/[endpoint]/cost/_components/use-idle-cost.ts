'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { CostPeriod } from '#components/cost/cost-period.ts';
import { type IdleCost, idleCostOf } from '#components/cost/cost-series.ts';
import { costsQuery } from '#lib/queries/costs.ts';
import { metricsQuery } from '#lib/queries/metrics.ts';

const HOUR_MS = 3_600_000;
/** Whole hours move slowly. */
const REFETCH_MS = 5 * 60_000;

/** Hours that cost and served nobody, and the requests of each deployment in the period. Null until both are known. */
export function useIdleCost(
  endpoint: string,
  period: CostPeriod,
  now: number,
): { idle: IdleCost | null; requests: ReadonlyMap<string, number> | null } {
  const to = Math.min(period.span.toMs, Math.ceil(now / HOUR_MS) * HOUR_MS);
  const enabled = now > 0 && to > period.span.fromMs;
  const range = { from: new Date(period.span.fromMs).toISOString(), to: new Date(to).toISOString() };
  const hourly = useQuery({
    ...costsQuery({ ...range, endpoint, granularity: 'hour', groupBy: ['deployment'] }),
    enabled,
    refetchInterval: REFETCH_MS,
  });
  const common = { metric: 'Requests', endpoint, range, stepSeconds: HOUR_MS / 1000 } as const;
  const called = useQuery({
    ...metricsQuery({ ...common, splitBy: ['deployment'] }),
    enabled,
    refetchInterval: REFETCH_MS,
  });
  const listened = useQuery({ ...metricsQuery(common), enabled, refetchInterval: REFETCH_MS });
  return useMemo(() => {
    if (!hourly.data || !called.data || !listened.data) return { idle: null, requests: null };
    const requests = new Map(
      called.data.series.map((series) => [
        series.labels.deployment ?? '',
        series.points.reduce((sum, [, value]) => sum + (value ?? 0), 0),
      ]),
    );
    return { idle: idleCostOf(hourly.data.items, called.data, listened.data), requests };
  }, [hourly.data, called.data, listened.data]);
}
