'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { usePreferences } from '#components/layout/preferences.tsx';
import type { PreviewFacts } from '#components/traffic/split-preview.tsx';
import type { Deployment } from '#lib/contracts/deployment.ts';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import type { MetricSeries } from '#lib/contracts/metrics.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRateInProse } from '#lib/format/money.ts';
import { weightedRatio } from '#lib/queries/endpoint-figures.ts';
import { metricsQuery } from '#lib/queries/metrics.ts';

const LOOK_BACK_MS = 15 * 60_000;

/** What the preview stands on: rates and errors of the last 15 minutes, instances and money of now. */
export function usePreviewFacts(endpoint: Endpoint, deployments: readonly Deployment[]): PreviewFacts {
  const { locale } = usePreferences();
  const { data } = useQuery(
    metricsQuery({
      metric: 'ErrorRate',
      endpoint: endpoint.name,
      range: { lastMs: LOOK_BACK_MS },
      stepSeconds: 60,
      splitBy: ['deployment'],
    }),
  );
  return useMemo(() => {
    const figures = new Map((data?.series ?? []).map((series) => [nameOf(series), weightedRatio(series)]));
    const total = [...figures.values()].reduce((sum, { requests }) => sum + requests, 0);
    return {
      ratePerSecond: total === 0 ? null : total / (LOOK_BACK_MS / 1000),
      readyInstances: new Map(deployments.map(({ name, ready_instances }) => [name, ready_instances])),
      errorRatio: new Map([...figures].map(([name, { errorRatio }]) => [name, errorRatio ?? 0])),
      requests: new Map([...figures].map(([name, { requests }]) => [name, requests])),
      runRate: figureText(formatHourlyRateInProse(endpoint.run_rate_micros_per_hour, endpoint.currency, locale)),
    };
  }, [data, deployments, endpoint.run_rate_micros_per_hour, endpoint.currency, locale]);
}

const nameOf = (series: MetricSeries): string => series.labels['deployment'] ?? '';
