import type { MetricSeries, MetricsResult } from '#lib/contracts/metrics.ts';
import type { MetricsRequest } from './metrics.ts';

/** What the row of an endpoint shows beside its state. */
export interface EndpointFigures {
  /** Requests per second over the newest buckets, the unfinished one included; null where nothing is known yet. */
  ratePerSecond: number | null;
  /** Requests per minute, oldest first. */
  spark: (number | null)[];
  /** 95th percentile of the newest five minutes that had requests. Percentiles of longer spans cannot be made from shorter ones. */
  p95Ms: number | null;
  /** Failed share of all requests in the range. */
  errorRatio: number | null;
  requests: number;
}

const SPARK_STEP_SECONDS = 60;
const STEP_SECONDS = 300;
const RATE_BUCKETS = 3;

/** The three questions to the metrics API that give every endpoint's figures at once. */
export function endpointFigureRequests(lastMs: number) {
  const common = { range: { lastMs }, splitBy: ['endpoint'] } as const;
  const sparkStep = Math.max(SPARK_STEP_SECONDS, Math.round(lastMs / 60_000 / 60) * 60);
  return {
    rate: { metric: 'RequestsPerMinute', stepSeconds: sparkStep, ...common },
    p95: { metric: 'RequestLatency_P95', stepSeconds: STEP_SECONDS, ...common },
    errors: { metric: 'ErrorRate', stepSeconds: STEP_SECONDS, ...common },
  } satisfies Record<string, MetricsRequest>;
}

export type FigureResults = Record<'rate' | 'p95' | 'errors', MetricsResult | undefined>;

/** Figures by endpoint name; `nowMs` is when the results were read. Endpoints that were never measured are absent. */
export function deriveEndpointFigures(results: FigureResults, nowMs: number): Map<string, EndpointFigures> {
  const figures = new Map<string, EndpointFigures>();
  const of = (series: MetricSeries): EndpointFigures => {
    const name = series.labels.endpoint ?? '';
    let known = figures.get(name);
    if (!known)
      figures.set(name, (known = { ratePerSecond: null, spark: [], p95Ms: null, errorRatio: null, requests: 0 }));
    return known;
  };
  for (const series of results.rate?.series ?? []) {
    const known = of(series);
    known.spark = series.points.map(([, value]) => value);
    known.ratePerSecond = recentRate(series, nowMs);
  }
  for (const series of results.p95?.series ?? []) of(series).p95Ms = newestValue(series);
  for (const series of results.errors?.series ?? []) Object.assign(of(series), weightedRatio(series));
  return figures;
}

/** Requests of the newest measured buckets over the time since the first of them began, so that a burst shows within seconds. */
export function recentRate(series: MetricSeries, nowMs: number): number | null {
  const measured = series.points.flatMap(([start, value], index) =>
    value === null ? [] : [{ start, requests: series.samples?.[index] ?? 0 }],
  );
  const recent = measured.slice(-RATE_BUCKETS);
  const [first] = recent;
  if (!first || nowMs <= first.start) return null;
  return (recent.reduce((sum, bucket) => sum + bucket.requests, 0) * 1000) / (nowMs - first.start);
}

function newestValue(series: MetricSeries): number | null {
  return series.points.findLast(([, value]) => value !== null)?.[1] ?? null;
}

/** Ratio of a whole range from the ratios of its buckets and the requests behind each: exact, because ratios times requests are counts. */
export function weightedRatio(series: MetricSeries): Pick<EndpointFigures, 'errorRatio' | 'requests'> {
  let requests = 0;
  let failed = 0;
  series.points.forEach(([, ratio], index) => {
    const count = series.samples?.[index] ?? 0;
    requests += count;
    failed += count * (ratio ?? 0);
  });
  return { requests, errorRatio: requests === 0 ? null : failed / requests };
}

/** All endpoints together: rates and requests add up, the slowest p95 names its endpoint. */
export function totalFigures(figures: ReadonlyMap<string, EndpointFigures>) {
  let ratePerSecond = 0;
  let requests = 0;
  let failed = 0;
  let slowest: { endpoint: string; p95Ms: number } | null = null;
  const spark: number[] = [];
  for (const [endpoint, one] of figures) {
    ratePerSecond += one.ratePerSecond ?? 0;
    requests += one.requests;
    failed += one.requests * (one.errorRatio ?? 0);
    if (one.p95Ms !== null && one.p95Ms > (slowest?.p95Ms ?? -1)) slowest = { endpoint, p95Ms: one.p95Ms };
    one.spark.forEach((value, index) => (spark[index] = (spark[index] ?? 0) + (value ?? 0)));
  }
  return {
    ratePerSecond,
    requests,
    failed: Math.round(failed),
    errorRatio: requests === 0 ? null : failed / requests,
    slowest,
    spark,
  };
}
