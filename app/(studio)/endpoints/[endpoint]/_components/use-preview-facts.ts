'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Deployment } from '#lib/contracts/deployment.ts';
import type { MetricSeries, MetricsResult } from '#lib/contracts/metrics.ts';
import { recentRate, weightedRatio } from '#lib/queries/endpoint-figures.ts';
import { metricsQuery } from '#lib/queries/metrics.ts';
import type { PreviewFacts } from '#lib/traffic/preview-split.ts';
import type { SplitDeployment } from '#components/traffic/use-split-draft.ts';

const LOOK_BACK_MS = 15 * 60_000;

/** What a preview stands on: the rate and the instances of now, requests, errors and CPU of the last 15 minutes. */
export function usePreviewFacts(
  endpoint: string,
  rows: readonly SplitDeployment[],
  deployments: readonly Deployment[],
  baseline: string,
): PreviewFacts {
  const common = { endpoint, range: { lastMs: LOOK_BACK_MS }, stepSeconds: 60, splitBy: ['deployment'] as const };
  const { data: errors, dataUpdatedAt } = useQuery(metricsQuery({ ...common, metric: 'ErrorRate' }));
  const { data: cpu } = useQuery(metricsQuery({ ...common, metric: 'CpuUtilizationPercentage' }));
  return useMemo(() => {
    const figures = new Map(errors?.series.map((series) => [nameOf(series), weightedRatio(series)]));
    const cpuOf = meansByDeployment(cpu);
    const rates = new Map(errors?.series.map((series) => [nameOf(series), recentRate(series, dataUpdatedAt)]));
    return {
      ratePerSecond: errors === undefined ? null : rows.reduce((sum, { name }) => sum + (rates.get(name) ?? 0), 0),
      baseline,
      deployments: rows.map(({ name, ready, reason }) => ({
        name,
        ready,
        reason,
        readyInstances: deployments.find((one) => one.name === name)?.ready_instances ?? 0,
        requests: figures.get(name)?.requests ?? 0,
        errorRatio: figures.get(name)?.errorRatio ?? null,
        cpuPercent: cpuOf.get(name) ?? null,
      })),
    };
  }, [errors, dataUpdatedAt, cpu, rows, deployments, baseline]);
}

/** Mean over the minutes that were sampled. Minutes have as many samples each, so the mean of their means is the mean. */
function meansByDeployment(result: MetricsResult | undefined): ReadonlyMap<string, number> {
  const means = new Map<string, number>();
  for (const series of result?.series ?? []) {
    const values = series.points.flatMap(([, value]) => (value === null ? [] : [value]));
    if (values.length > 0) means.set(nameOf(series), values.reduce((sum, value) => sum + value, 0) / values.length);
  }
  return means;
}

const nameOf = (series: MetricSeries): string => series.labels.deployment ?? '';
