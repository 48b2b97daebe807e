import { GATEWAY_REASONS, RECORD, type RecordTarget, REQUEST_FLAGS, type ResourceSample } from './request-record.ts';
import { BASE_BUCKET_MS, floorTo } from './resolution.ts';
import {
  addResource,
  encodeResource,
  encodeUp,
  TrafficTally,
  type ResourceTally,
  type RollUpRow,
} from './roll-up-row.ts';
import { seriesKey, UP_KEY, type SeriesKey } from './series-key.ts';

/** Series that one flush may hold; what exceeds it is counted and dropped, so that memory has a bound whatever is sent. */
const MAX_PENDING_SERIES = 20_000;

/** What came since the last flush, counted by 10 s bucket and series. */
export class PendingRows {
  readonly #traffic = new Map<number, Map<number, { key: SeriesKey; tally: TrafficTally }>>();
  readonly #resources = new Map<string, { bucketMs: number; key: SeriesKey; tally: ResourceTally }>();
  readonly #upBuckets = new Set<number>();
  readonly #targetIds = new Map<string, number>();
  #series = 0;

  /** Targets of a batch as small numbers that are the same for the same target until the next drain. */
  internTargets(targets: readonly RecordTarget[]): number[] {
    return targets.map((target) => {
      const name = target.join('\0');
      let id = this.#targetIds.get(name);
      if (id === undefined) this.#targetIds.set(name, (id = this.#targetIds.size));
      return id;
    });
  }

  /**
   * Counts the record at `row`.
   * @returns false when there is no room for another series
   */
  addRequest(target: RecordTarget, targetId: number, records: Float64Array, row: number): boolean {
    const at = (column: number): number => records[row + column] as number;
    const tally = this.#tallyOf(target, targetId, records, row);
    if (tally === null) return false;
    const queueUs = at(RECORD.queueUs);
    const modelUs = at(RECORD.modelUs);
    const flags = at(RECORD.flags);
    tally.count += 1;
    tally.durationUs += at(RECORD.durationUs);
    tally.bytesIn += at(RECORD.bytesIn);
    tally.bytesOut += at(RECORD.bytesOut);
    if (flags & REQUEST_FLAGS.retried) tally.retried += 1;
    if (flags & REQUEST_FLAGS.pinned) tally.pinned += 1;
    tally.histograms.duration.record(at(RECORD.durationUs));
    // A request that was turned away at once neither waited nor reached a model: its zeros are not times.
    if (modelUs > 0) tally.histograms.model.record(modelUs);
    if (modelUs > 0 || queueUs > 0) tally.histograms.queue.record(queueUs);
    return true;
  }

  addSample(sample: ResourceSample): boolean {
    const { endpoint, deployment, instance, cpuPercent, memoryBytes, memoryPercent } = sample;
    const bucketMs = floorTo(sample.atMs, BASE_BUCKET_MS);
    const key = seriesKey({ kind: 'resource', endpoint, deployment, instance });
    const id = `${bucketMs}\0${key.id}`;
    const known = this.#resources.get(id);
    if (known === undefined && !this.#claimSeries()) return false;
    const gauge = (value: number) => ({ sum: value, max: value });
    const one = {
      count: 1,
      cpuPercent: gauge(cpuPercent),
      memoryBytes: gauge(memoryBytes),
      memoryPercent: gauge(memoryPercent),
    };
    this.#resources.set(id, { bucketMs, key, tally: known === undefined ? one : addResource(known.tally, one) });
    return true;
  }

  markUp(bucketMs: number): void {
    this.#upBuckets.add(bucketMs);
  }

  /** Hands out everything and starts from nothing. */
  drain(): RollUpRow[] {
    const rows: RollUpRow[] = [...this.#upBuckets].map((bucketMs) => ({
      bucketMs,
      key: UP_KEY,
      payload: encodeUp(1),
    }));
    for (const [bucketMs, bucket] of this.#traffic)
      for (const { key, tally } of bucket.values()) rows.push({ bucketMs, key, payload: tally.encode() });
    for (const { bucketMs, key, tally } of this.#resources.values())
      rows.push({ bucketMs, key, payload: encodeResource(tally) });
    this.#traffic.clear();
    this.#resources.clear();
    this.#upBuckets.clear();
    this.#targetIds.clear();
    this.#series = 0;
    return rows;
  }

  #tallyOf(target: RecordTarget, targetId: number, records: Float64Array, row: number): TrafficTally | null {
    const at = (column: number): number => records[row + column] as number;
    const bucketMs = floorTo(at(RECORD.endedAtMs), BASE_BUCKET_MS);
    let bucket = this.#traffic.get(bucketMs);
    if (bucket === undefined) this.#traffic.set(bucketMs, (bucket = new Map()));
    const status = Math.min(999, at(RECORD.status));
    const reasonIndex = Math.min(255, at(RECORD.reason));
    const mirrored = (at(RECORD.flags) & REQUEST_FLAGS.mirrored) !== 0;
    // One number instead of a text as key: this runs once per request.
    const code = ((targetId * 1000 + status) * 256 + reasonIndex) * 2 + (mirrored ? 1 : 0);
    const known = bucket.get(code);
    if (known !== undefined) return known.tally;
    if (!this.#claimSeries()) return null;
    const [endpoint, deployment, instance] = target;
    const reason = GATEWAY_REASONS[reasonIndex] ?? 'internal';
    const key = seriesKey({ kind: 'traffic', endpoint, deployment, instance, status, reason, mirrored });
    const tally = new TrafficTally();
    bucket.set(code, { key, tally });
    return tally;
  }

  #claimSeries(): boolean {
    if (this.#series >= MAX_PENDING_SERIES) return false;
    this.#series += 1;
    return true;
  }
}
