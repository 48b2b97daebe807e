import {
  METRIC_NAMES,
  METRICS,
  metricsQuerySchema,
  type MetricName,
  type MetricsQuery,
  type SplitDimension,
} from '#lib/contracts/metrics.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { floorTo, type Resolution } from './resolution.ts';

/** Points that a chart gets when the caller names no step: fine enough for a panel, and below the 480 that the interface promises. */
const TARGET_POINTS = 360;
/** More than a caller can name a step for. */
const MAX_POINTS = 11_000;
const STEPS_SECONDS = [
  10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 604_800,
];
const RESOURCE_DIMENSIONS: readonly SplitDimension[] = ['endpoint', 'deployment', 'instance'];
const CAPACITY_DIMENSIONS: readonly SplitDimension[] = ['endpoint', 'deployment'];

export interface MetricsPlan {
  metric: MetricName;
  resolution: Resolution;
  /** Start of the first bucket and end of the last; both multiples of the step, or of the resolution where the whole range is one step. */
  fromMs: number;
  toMs: number;
  stepMs: number;
  endpoint: string | undefined;
  deployment: string | undefined;
  splitBy: readonly SplitDimension[];
  mirrored: 'exclude' | 'include' | 'only';
  aggregation: 'average' | 'maximum';
}

/**
 * Reads the query parameters.
 * @throws AppError metrics.unknown_metric, or request.invalid naming each parameter that is wrong
 */
export function parseMetricsQuery(parameters: Record<string, string>): MetricsQuery {
  const metric = parameters['metric'];
  if (metric !== undefined && !Object.hasOwn(METRICS, metric))
    throw new AppError(
      'metrics.unknown_metric',
      `There is no metric "${metric}". Known are ${METRIC_NAMES.join(', ')}.`,
    );
  const parsed = metricsQuerySchema.safeParse(parameters);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: `?${String(path[0])}`, message }));
  throw new AppError('request.invalid', 'A parameter of the metrics query is not valid.', { errors });
}

/**
 * Chooses step and resolution. A step finer than what is still kept for the range is widened; the answer tells the step that was used.
 * @param horizonMs the instant before which a resolution is incomplete
 * @throws AppError request.invalid
 */
export function planMetricsQuery(
  query: MetricsQuery,
  resolutions: readonly Resolution[],
  horizonMs: (resolution: Resolution) => number,
): MetricsPlan {
  const [fromMs, toMs] = [Date.parse(query.from), Date.parse(query.to)];
  if (fromMs >= toMs) throw invalid('?to', 'The range ends before it begins: "to" must be later than "from".');
  const splitBy = [...new Set(query.split_by ?? [])];
  refuseForeignDimensions(query.metric, splitBy);
  const complete = resolutions.filter((resolution) => horizonMs(resolution) <= fromMs);
  const finest = complete[0] ?? resolutions.at(-1)!;
  const chartStepMs = chooseStep(query.step_seconds, toMs - fromMs, finest.widthMs);
  const usable = resolutions.filter(({ widthMs }) => widthMs >= finest.widthMs && chartStepMs % widthMs === 0);
  const resolution = usable.at(-1) ?? finest;
  const isTotal = query.granularity === 'total';
  const edgeMs = isTotal ? resolution.widthMs : chartStepMs;
  const start = floorTo(fromMs, edgeMs);
  const end = Math.ceil(toMs / edgeMs) * edgeMs;
  const stepMs = isTotal ? end - start : chartStepMs;
  if ((end - start) / stepMs > MAX_POINTS)
    throw invalid(
      '?step_seconds',
      `The range holds more than ${MAX_POINTS} steps. Choose a longer step or a shorter range.`,
    );
  return {
    metric: query.metric,
    resolution,
    fromMs: start,
    toMs: end,
    stepMs,
    endpoint: query.endpoint?.toLowerCase(),
    deployment: query.deployment?.toLowerCase(),
    splitBy,
    mirrored: query.mirrored ?? (splitBy.includes('mirrored') ? 'include' : 'exclude'),
    aggregation: query.aggregation ?? 'average',
  };
}

function chooseStep(asked: number | undefined, rangeMs: number, finestMs: number): number {
  if (asked === undefined) {
    const wanted = Math.max(finestMs, rangeMs / TARGET_POINTS);
    const nice = STEPS_SECONDS.find((seconds) => seconds * 1000 >= wanted);
    return nice === undefined ? Math.ceil(wanted / 604_800_000) * 604_800_000 : nice * 1000;
  }
  if (asked % 10 !== 0) throw invalid('?step_seconds', 'The step must be a multiple of 10 seconds.');
  return Math.ceil((asked * 1000) / finestMs) * finestMs;
}

function refuseForeignDimensions(metric: MetricName, splitBy: readonly SplitDimension[]): void {
  if (METRICS[metric].kind === 'traffic') return;
  const allowed = metric === 'DeploymentCapacity' ? CAPACITY_DIMENSIONS : RESOURCE_DIMENSIONS;
  const foreign = splitBy.filter((dimension) => !allowed.includes(dimension));
  if (foreign.length > 0)
    throw invalid('?split_by', `${metric} can be split by ${allowed.join(', ')}, not by ${foreign.join(', ')}.`);
}

function invalid(path: string, message: string): AppError {
  return new AppError('request.invalid', message, { errors: [{ path, message }] });
}
