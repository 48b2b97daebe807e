import type { ComparisonBatch, ComparisonRecord } from '#server/telemetry/comparison-record.ts';
import type { BatchOutcome } from './record.ts';

/** Takes batches to telemetry; never rejects. */
export type SendComparisons = (batch: ComparisonBatch) => Promise<BatchOutcome>;

export interface ComparisonReporterOptions {
  send: SendComparisons;
  /** Unique per life of a worker. */
  source: string;
  flushIntervalMs: number;
  /** Records of one batch, and of those that wait; the oldest go. */
  batchSize: number;
  capacity: number;
  /** Records of one batch that tell what the answers were: the newest. Even where every octet is written as six, a batch stays below what telemetry takes. */
  detailed: number;
}

const DEFAULTS = { flushIntervalMs: 1_000, batchSize: 1_000, capacity: 10_000, detailed: 48 };

/** Sends what came of comparisons in batches. Bounded, and nobody waits; its timer runs only while there is something to send. */
export class ComparisonReporter {
  private readonly options: ComparisonReporterOptions;
  private waiting: ComparisonRecord[] = [];
  /** Those that wait and tell what the answers were, oldest first. */
  private detailed: ComparisonRecord[] = [];
  private dropped = 0;
  private sequence = 0;
  /** Sent again as it is until it is known to have arrived, so that it counts once. */
  private unconfirmed: ComparisonBatch | null = null;
  private sending: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(options: Partial<ComparisonReporterOptions> & Pick<ComparisonReporterOptions, 'send' | 'source'>) {
    this.options = { ...DEFAULTS, ...options };
  }

  get pending(): number {
    return this.waiting.length + (this.unconfirmed?.records.length ?? 0);
  }

  record(record: ComparisonRecord): void {
    this.waiting.push(record);
    if (this.waiting.length > this.options.capacity) {
      this.waiting.shift();
      this.dropped += 1;
    }
    if (record.detail !== undefined) this.detailed.push(record);
    if (this.detailed.length > this.options.detailed) delete this.detailed.shift()?.detail;
    this.arm();
  }

  /** Something was thrown away before it could be compared. */
  drop(): void {
    this.dropped += 1;
  }

  /** Sends what is there; resolves when it has arrived or telemetry has failed to take it. */
  flush(): Promise<void> {
    this.sending ??= this.sendAll().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    await this.flush();
  }

  private arm(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.flush().then(() => {
        if (this.pending > 0) this.arm();
      });
    }, this.options.flushIntervalMs);
  }

  private async sendAll(): Promise<void> {
    while (this.pending > 0) {
      this.unconfirmed ??= this.takeBatch();
      const outcome = await this.options.send(this.unconfirmed);
      if (outcome === 'away') return;
      if (outcome === 'refused') this.dropped += this.unconfirmed.records.length;
      this.unconfirmed = null;
    }
  }

  private takeBatch(): ComparisonBatch {
    const records = this.waiting.splice(0, this.options.batchSize);
    const { dropped } = this;
    const batch = { version: 1 as const, source: this.options.source, sequence: this.sequence, dropped, records };
    this.sequence += 1;
    this.dropped = 0;
    this.detailed = this.waiting.filter(({ detail }) => detail !== undefined);
    return batch;
  }
}
