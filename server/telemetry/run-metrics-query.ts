import { METRICS, type MetricSeries, type MetricsResult, type SplitDimension } from '#lib/contracts/metrics.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { rowsOf, type Block } from './block-codec.ts';
import { createMetricCell, isZeroWhenIdle, rowKindOf, type MetricCell } from './metric-cell.ts';
import type { MetricsPlan } from './plan-metrics-query.ts';
import { BASE_BUCKET_MS, BLOCK_MS, floorTo } from './resolution.ts';
import { countInstances } from './roll-up.ts';
import { readUp, type RollUpRow } from './roll-up-row.ts';
import type { SeriesKey } from './series-key.ts';
import type { SliceContent, TelemetryStore } from './telemetry-store.ts';

/** Senders flush at least once a second; a bucket that ended longer ago than this gets nothing new in the normal course. */
const SETTLE_MS = 3_000;
/** Values of an answer; a split with more says so instead of filling memory. */
const MAX_VALUES = 250_000;

interface Group {
  labels: Record<string, string>;
  cells: (MetricCell | undefined)[];
  values: (number | null)[];
  samples: number[];
}

/**
 * Computes an answer. Each slice of time is read, added to the steps that it touches and forgotten; a step is turned into its value as soon
 * as the slices have passed it, so memory holds one slice and the open steps, whatever the range.
 * @throws AppError request.invalid when the split makes too many series
 */
export async function runMetricsQuery(
  plan: MetricsPlan,
  store: Pick<TelemetryStore, 'readSlice'>,
  nowMs: number,
): Promise<MetricsResult> {
  const answer = new Answer(plan);
  const { sliceMs } = plan.resolution;
  const lastMs = Math.min(plan.toMs, nowMs + sliceMs);
  for (let startMs = floorTo(plan.fromMs, sliceMs); startMs < lastMs; startMs += sliceMs) {
    const fromMs = Math.max(startMs, floorTo(plan.fromMs, BLOCK_MS));
    const toMs = Math.min(startMs + sliceMs, plan.toMs);
    answer.addSlice(await store.readSlice(plan.resolution, startMs, fromMs, toMs));
    answer.finishBefore(toMs);
  }
  return {
    metric: plan.metric,
    unit: METRICS[plan.metric].unit,
    step_seconds: plan.stepMs / 1000,
    series: answer.series(),
    // Counted from the first bucket, since one that is the whole range begins anywhere.
    complete_to_ms: plan.fromMs + floorTo(nowMs - SETTLE_MS - plan.fromMs, plan.stepMs),
  };
}

class Answer {
  readonly #plan: MetricsPlan;
  readonly #kind: ReturnType<typeof rowKindOf>;
  readonly #points: number;
  readonly #groups = new Map<string, Group>();
  readonly #groupsByKey = new Map<string, Group | null>();
  readonly #listened: Uint8Array;
  #finished = 0;

  constructor(plan: MetricsPlan) {
    this.#plan = plan;
    this.#kind = rowKindOf(plan);
    this.#points = (plan.toMs - plan.fromMs) / plan.stepMs;
    this.#listened = new Uint8Array(this.#points);
    if (plan.splitBy.length === 0) this.#groupOf(new Map(), null);
  }

  addSlice({ blocks, live }: SliceContent): void {
    const isBase = this.#plan.resolution.widthMs === BASE_BUCKET_MS;
    // At 10 s instances are counted here, over sealed and live rows together; wider blocks hold the counts made from all 10 s rows.
    if (this.#kind === 'capacity') {
      const resources = [...(isBase ? blocks.flatMap(({ block }) => (block ? rowsOf(block) : [])) : []), ...live];
      this.#addRows(countInstances(resources));
    }
    for (const { block } of blocks) if (block !== null) this.#addBlock(block);
    this.#addRows(live);
  }

  /** Turns the steps that end by an instant into values. */
  finishBefore(instantMs: number): void {
    const end = Math.floor((instantMs - this.#plan.fromMs) / this.#plan.stepMs);
    for (; this.#finished < Math.min(end, this.#points); this.#finished += 1)
      for (const group of this.#groups.values()) this.#finishCell(group, this.#finished);
  }

  series(): MetricSeries[] {
    this.finishBefore(this.#plan.toMs);
    const { fromMs, stepMs } = this.#plan;
    const isZero = isZeroWhenIdle(this.#plan);
    const withSamples = METRICS[this.#plan.metric].kind === 'traffic';
    return [...this.#groups]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { labels, values, samples }]) => ({
        labels,
        points: Array.from({ length: this.#points }, (_, index): [number, number | null] => {
          const idle = isZero && this.#listened[index] === 1 ? 0 : null;
          return [fromMs + index * stepMs, values[index] ?? idle];
        }),
        ...(withSamples && { samples: Array.from({ length: this.#points }, (_, index) => samples[index] ?? 0) }),
      }));
  }

  #addBlock(block: Block): void {
    const groups: (Group | null | undefined)[] = Array.from({ length: block.keys.length });
    for (let row = 0; row < block.rowCount; row += 1) {
      const index = this.#indexOf(block.bucketsMs[row]!);
      if (index === null) continue;
      const keyIndex = block.keyIndexes[row]!;
      const key = block.keys[keyIndex]!;
      let group = groups[keyIndex];
      if (group === undefined) groups[keyIndex] = group = this.#groupOfKey(key);
      this.#addRow(index, group, key, block.bytes, block.payloadStarts[row]!, block.payloadEnds[row]!);
    }
  }

  #addRows(rows: readonly RollUpRow[]): void {
    for (const { bucketMs, key, payload } of rows) {
      const index = this.#indexOf(bucketMs);
      if (index !== null) this.#addRow(index, this.#groupOfKey(key), key, payload, 0, payload.length);
    }
  }

  #indexOf(bucketMs: number): number | null {
    const index = Math.floor((bucketMs - this.#plan.fromMs) / this.#plan.stepMs);
    return index >= 0 && index < this.#points ? index : null;
  }

  #addRow(index: number, group: Group | null, key: SeriesKey, bytes: Uint8Array, start: number, end: number): void {
    if (key.kind === 'up') {
      if (readUp(bytes, start, end) > 0) this.#listened[index] = 1;
    } else if (group !== null) {
      const cell = (group.cells[index] ??= createMetricCell(this.#plan));
      cell.add(key, bytes, start, end);
    }
  }

  #finishCell(group: Group, index: number): void {
    const cell = group.cells[index];
    if (cell === undefined) return;
    group.values[index] = cell.value(this.#plan.stepMs);
    group.samples[index] = cell.samples;
    group.cells[index] = undefined;
  }

  /** The group that a series belongs to; null where the query leaves the series out. Only rows inside the range make one. */
  #groupOfKey(key: SeriesKey): Group | null {
    let group = this.#groupsByKey.get(key.id);
    if (group === undefined) {
      const { splitBy } = this.#plan;
      const labels = (): Map<string, string> => new Map(splitBy.map((name) => [name, LABELS[name](key)]));
      group = this.#isWanted(key) ? this.#groupOf(labels(), key) : null;
      this.#groupsByKey.set(key.id, group);
    }
    return group;
  }

  #isWanted(key: SeriesKey): boolean {
    const { endpoint, deployment, mirrored } = this.#plan;
    if (key.kind !== this.#kind) return false;
    if (endpoint !== undefined && key.endpoint !== endpoint) return false;
    if (deployment !== undefined && key.deployment !== deployment) return false;
    return key.kind !== 'traffic' || mirrored === 'include' || key.mirrored === (mirrored === 'only');
  }

  #groupOf(labels: ReadonlyMap<string, string>, key: SeriesKey | null): Group {
    const id = [...labels.values()].join('\0');
    let group = this.#groups.get(id);
    if (group !== undefined) return group;
    if (key !== null && (this.#groups.size + 1) * this.#points > MAX_VALUES) throw tooManySeries(this.#plan.splitBy);
    group = { labels: Object.fromEntries(labels), cells: [], values: [], samples: [] };
    this.#groups.set(id, group);
    return group;
  }
}

const LABELS: Record<SplitDimension, (key: SeriesKey) => string> = {
  endpoint: (key) => key.endpoint,
  deployment: (key) => key.deployment,
  status_code_class: (key) => `${Math.floor(key.status / 100)}xx`,
  status_code: (key) => String(key.status),
  instance: (key) => key.instance,
  mirrored: (key) => String(key.mirrored),
  reason: (key) => key.reason,
};

function tooManySeries(splitBy: readonly SplitDimension[]): AppError {
  const message = `Split by ${splitBy.join(', ')} the answer holds too many series. Name an endpoint, take a longer step, or split by less.`;
  return new AppError('request.invalid', message, { errors: [{ path: '?split_by', message }] });
}
