import { METRIC_FORMULAS, type MetricFormula } from './metric-definitions.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { MetricsPlan } from './plan-metrics-query.ts';
import { mergeHistogramField, readCapacity, readResource, readTraffic, type CapacityTally } from './roll-up-row.ts';
import type { SeriesKey, SeriesKind } from './series-key.ts';

/** From this status on an answer counts as an error: the fault of the model or the platform, not of the caller. */
const ERROR_STATUS = 500;

/** What one series of an answer has gathered for one step: just enough for its metric. */
export interface MetricCell {
  add(key: SeriesKey, bytes: Uint8Array, start: number, end: number): void;
  /** @param stepMs length of the step, for rates */
  value(stepMs: number): number | null;
  /** Requests behind the value. */
  readonly samples: number;
}

/** The kind of row that a metric is computed from. */
export function rowKindOf(plan: Pick<MetricsPlan, 'metric'>): Exclude<SeriesKind, 'up'> {
  const formula: MetricFormula = METRIC_FORMULAS[plan.metric];
  if (formula.from === 'samples') return 'resource';
  return formula.from === 'capacity' ? 'capacity' : 'traffic';
}

/** Whether nothing at all is a measured zero for a metric (while telemetry listened), and not an unknown value. */
export function isZeroWhenIdle(plan: Pick<MetricsPlan, 'metric'>): boolean {
  const formula: MetricFormula = METRIC_FORMULAS[plan.metric];
  return formula.from === 'requests' && ['count', 'per_minute', 'bytes_per_second'].includes(formula.value);
}

export function createMetricCell(plan: Pick<MetricsPlan, 'metric' | 'aggregation'>): MetricCell {
  const formula: MetricFormula = METRIC_FORMULAS[plan.metric];
  switch (formula.from) {
    case 'requests':
      return new RequestsCell(formula.value);
    case 'histogram':
      return new HistogramCell(formula.field, formula.quantile);
    case 'samples':
      return new SamplesCell(formula.field, plan.aggregation);
    case 'capacity':
      return new CapacityCell(plan.aggregation);
  }
}

type RequestsValue = Extract<MetricFormula, { from: 'requests' }>['value'];

class RequestsCell implements MetricCell {
  readonly #wanted: RequestsValue;
  #count = 0;
  #errors = 0;
  #durationUs = 0;
  #bytes = 0;

  constructor(wanted: RequestsValue) {
    this.#wanted = wanted;
  }

  get samples(): number {
    return this.#count;
  }

  add(key: SeriesKey, bytes: Uint8Array, start: number, end: number): void {
    const view = readTraffic(bytes, start, end);
    this.#count += view.count;
    this.#durationUs += view.durationUs;
    this.#bytes += view.bytesIn + view.bytesOut;
    if (key.status >= ERROR_STATUS) this.#errors += view.count;
  }

  value(stepMs: number): number | null {
    switch (this.#wanted) {
      case 'count':
        return this.#count;
      case 'per_minute':
        return (this.#count * 60_000) / stepMs;
      case 'bytes_per_second':
        return (this.#bytes * 1000) / stepMs;
      case 'mean_ms':
        return this.#count === 0 ? null : this.#durationUs / this.#count / 1000;
      case 'error_ratio':
        return this.#count === 0 ? null : this.#errors / this.#count;
    }
  }
}

class HistogramCell implements MetricCell {
  readonly #field: 'duration' | 'queue' | 'model';
  readonly #quantile: number;
  readonly #histogram = new LatencyHistogram();

  constructor(field: 'duration' | 'queue' | 'model', quantile: number) {
    this.#field = field;
    this.#quantile = quantile;
  }

  get samples(): number {
    return this.#histogram.total;
  }

  add(_key: SeriesKey, bytes: Uint8Array, start: number, end: number): void {
    mergeHistogramField(this.#histogram, readTraffic(bytes, start, end), this.#field);
  }

  value(): number | null {
    const valueUs = this.#histogram.quantile(this.#quantile);
    return valueUs === null ? null : valueUs / 1000;
  }
}

class SamplesCell implements MetricCell {
  readonly #field: 'cpuPercent' | 'memoryBytes' | 'memoryPercent';
  readonly #aggregation: 'average' | 'maximum';
  #count = 0;
  #sum = 0;
  #max = 0;

  constructor(field: 'cpuPercent' | 'memoryBytes' | 'memoryPercent', aggregation: 'average' | 'maximum') {
    this.#field = field;
    this.#aggregation = aggregation;
  }

  get samples(): number {
    return this.#count;
  }

  add(_key: SeriesKey, bytes: Uint8Array, start: number, end: number): void {
    const tally = readResource(bytes, start, end);
    this.#count += tally.count;
    this.#sum += tally[this.#field].sum;
    this.#max = Math.max(this.#max, tally[this.#field].max);
  }

  value(): number | null {
    if (this.#count === 0) return null;
    return this.#aggregation === 'maximum' ? this.#max : this.#sum / this.#count;
  }
}

/** Instances of several deployments add up; those of one deployment at several instants are averaged. */
class CapacityCell implements MetricCell {
  readonly #aggregation: 'average' | 'maximum';
  readonly #deployments = new Map<string, CapacityTally>();

  constructor(aggregation: 'average' | 'maximum') {
    this.#aggregation = aggregation;
  }

  get samples(): number {
    return [...this.#deployments.values()].reduce((sum, { buckets }) => sum + buckets, 0);
  }

  add(key: SeriesKey, bytes: Uint8Array, start: number, end: number): void {
    const tally = readCapacity(bytes, start, end);
    const known = this.#deployments.get(key.id) ?? { buckets: 0, sum: 0, max: 0 };
    this.#deployments.set(key.id, {
      buckets: known.buckets + tally.buckets,
      sum: known.sum + tally.sum,
      max: Math.max(known.max, tally.max),
    });
  }

  value(): number | null {
    if (this.#deployments.size === 0) return null;
    const values = [...this.#deployments.values()].map(({ buckets, sum, max }) =>
      this.#aggregation === 'maximum' ? max : sum / buckets,
    );
    return values.reduce((a, b) => a + b, 0);
  }
}
