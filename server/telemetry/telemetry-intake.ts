import type { Clock } from '#server/kernel/clock.ts';
import { isSoundRecord, parseSampleBatch } from './parse-batches.ts';
import { PendingRows } from './pending-rows.ts';
import { decodeRequestBatch } from './decode-request-batch.ts';
import { RECORD, RECORD_WIDTH, type RequestBatch } from './request-record.ts';
import { BASE_BUCKET_MS, floorTo } from './resolution.ts';
import { SenderRegistry, type SenderMark } from './sender-registry.ts';
import type { TelemetryStore } from './telemetry-store.ts';

/** Records dated further ahead than this come from a clock that is wrong. */
const MAX_AHEAD_MS = 120_000;

export interface IntakeCounters {
  batches: number;
  batches_repeated: number;
  bytes: number;
  records: number;
  records_malformed: number;
  /** Older than the finest roll-ups are kept, or from the future. */
  records_out_of_range: number;
  /** More series at once than one flush may hold. */
  records_overflowed: number;
  samples: number;
}

/** Takes batches in, counts what they hold into rows, and hands the rows to the store. */
export class TelemetryIntake {
  readonly senders = new SenderRegistry();
  readonly counters: IntakeCounters = {
    batches: 0,
    batches_repeated: 0,
    bytes: 0,
    records: 0,
    records_malformed: 0,
    records_out_of_range: 0,
    records_overflowed: 0,
    samples: 0,
  };
  readonly #store: TelemetryStore;
  readonly #clock: Clock;
  readonly #pending = new PendingRows();
  #marks: SenderMark[] = [];
  #lastUpBucketMs = -Infinity;

  constructor(store: TelemetryStore, clock: Clock, marks: readonly SenderMark[]) {
    this.#store = store;
    this.#clock = clock;
    this.senders.restore(marks, clock.now());
  }

  /** @throws AppError request.malformed */
  ingestRequests(body: Buffer): { accepted: boolean } {
    const batch = decodeRequestBatch(body);
    const nowMs = this.#clock.now();
    this.counters.bytes += body.length;
    if (!this.senders.accept(batch.source, batch.sequence, batch.dropped, nowMs)) {
      this.counters.batches_repeated += 1;
      return { accepted: false };
    }
    this.#marks.push(this.senders.markOf(batch.source, batch.sequence));
    this.counters.batches += 1;
    this.#countRecords(batch, nowMs);
    return { accepted: true };
  }

  #countRecords({ targets, records }: RequestBatch, nowMs: number): void {
    const ids = this.#pending.internTargets(targets);
    for (let row = 0; row < records.length; row += RECORD_WIDTH) {
      if (!isSoundRecord(records, row, targets.length)) {
        this.counters.records_malformed += 1;
        continue;
      }
      this.counters.records += 1;
      const target = records[row + RECORD.target] as number;
      if (!this.#isInRange(records[row + RECORD.endedAtMs] as number, nowMs)) this.counters.records_out_of_range += 1;
      else if (!this.#pending.addRequest(targets[target]!, ids[target]!, records, row))
        this.counters.records_overflowed += 1;
    }
  }

  /** @throws AppError request.malformed */
  ingestSamples(body: unknown, bytes: number): void {
    const { samples } = parseSampleBatch(body);
    const nowMs = this.#clock.now();
    this.counters.bytes += bytes;
    this.counters.samples += samples.length;
    for (const sample of samples) {
      if (!this.#isInRange(sample.atMs, nowMs)) this.counters.records_out_of_range += 1;
      else if (!this.#pending.addSample(sample)) this.counters.records_overflowed += 1;
    }
  }

  /** Hands what came since the last flush to the store. Once in each 10 s bucket it leaves a mark that telemetry was listening. */
  async flush(): Promise<void> {
    const upBucketMs = floorTo(this.#clock.now(), BASE_BUCKET_MS);
    if (upBucketMs !== this.#lastUpBucketMs) this.#pending.markUp(upBucketMs);
    this.#lastUpBucketMs = upBucketMs;
    const rows = this.#pending.drain();
    const marks = this.#marks;
    this.#marks = [];
    if (rows.length > 0 || marks.length > 0) await this.#store.append(rows, marks);
  }

  #isInRange(atMs: number, nowMs: number): boolean {
    const [base] = this.#store.segments.resolutions;
    return atMs <= nowMs + MAX_AHEAD_MS && atMs >= nowMs - base!.retentionMs;
  }
}
