import {
  GATEWAY_REASONS,
  type GatewayReason,
  RECORD,
  RECORD_WIDTH,
  type RecordTarget,
  REQUEST_FLAGS,
  type RequestBatch,
} from '#server/telemetry/request-record.ts';
import type { DeploymentRoute, EndpointRoute } from './route-index.ts';

export const REASON_NONE: GatewayReason = 'none';
export const REASON_CLIENT_GONE: GatewayReason = 'client_gone';

/** What is known about a request when it has ended. Durations in milliseconds. */
export interface FinishedRequest {
  readonly endpoint: EndpointRoute | null;
  readonly deployment: DeploymentRoute | null;
  readonly instanceId: string;
  /** Monotonic. */
  readonly startedAt: number;
  readonly queueMs: number;
  readonly modelMs: number;
  readonly status: number;
  readonly reason: GatewayReason;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly mirrored: boolean;
  readonly pinned: boolean;
  readonly retried: boolean;
}

/** What became of a batch: `away` is worth another try, `refused` is not. */
export type BatchOutcome = 'arrived' | 'away' | 'refused';

/** Takes batches to telemetry; never rejects. */
export type SendBatch = (batch: RequestBatch) => Promise<BatchOutcome>;

const REASON_INDEX = Object.fromEntries(GATEWAY_REASONS.map((reason, index) => [reason, index])) as Record<
  GatewayReason,
  number
>;

export interface RecorderOptions {
  send: SendBatch;
  /** Unique per life of a worker. */
  source: string;
  flushIntervalMs: number;
  /** A batch is sent early when it holds this many. */
  batchSize: number;
  /** Records kept while telemetry is away; beyond it the oldest go. */
  capacity: number;
}

const DEFAULTS = { flushIntervalMs: 200, batchSize: 2_000, capacity: 100_000 };
/** Flushes that are left out after telemetry was not there: each attempt costs the worker a good part of a millisecond. */
const RESTS_WHEN_AWAY = 5;
/** Rows of a batch that has just been opened; it grows with what comes. */
const FIRST_ROWS = 64;

/**
 * Collects a record of every finished request and sends them in batches. Memory is bounded and nobody waits: while telemetry is away the oldest
 * records are thrown away and counted.
 */
export class RequestRecorder {
  private readonly options: RecorderOptions;
  private open = new PendingBatch();
  /** Closed batches, oldest first; the first may be on its way. */
  private readonly closed: PendingBatch[] = [];
  private held = 0;
  private dropped = 0;
  private sequence = 0;
  private sending: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private rests = 0;

  constructor(options: Partial<RecorderOptions> & Pick<RecorderOptions, 'send' | 'source'>) {
    this.options = { ...DEFAULTS, ...options };
  }

  start(): void {
    this.timer ??= setInterval(() => this.onInterval(), this.options.flushIntervalMs);
  }

  record(request: FinishedRequest): void {
    this.open.add(request);
    this.held += 1;
    if (this.open.count < this.options.batchSize) return;
    this.closeBatch();
    if (this.rests === 0) void this.flush();
  }

  private onInterval(): void {
    if (this.rests === 0) void this.flush();
    else this.rests -= 1;
  }

  /** Sends what is there; resolves when it has arrived or telemetry has failed to take it. */
  flush(): Promise<void> {
    this.closeBatch();
    this.sending ??= this.sendClosed().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    await this.flush();
  }

  get pending(): number {
    return this.held;
  }

  private closeBatch(): void {
    if (this.open.count === 0) return;
    this.closed.push(this.open);
    this.open = new PendingBatch();
    while (this.held > this.options.capacity && this.closed.length > 1) {
      // The first may be on its way: the second is the oldest that can still be thrown away.
      const [oldest] = this.closed.splice(this.sending === null ? 0 : 1, 1);
      this.held -= oldest?.count ?? 0;
      this.dropped += oldest?.count ?? 0;
    }
  }

  private async sendClosed(): Promise<void> {
    for (;;) {
      const batch = this.closed[0];
      if (batch === undefined) return;
      const { dropped } = this;
      const outcome = await this.options.send({
        source: this.options.source,
        sequence: this.sequence,
        dropped,
        targets: batch.targets,
        records: batch.rows,
      });
      this.rests = outcome === 'away' ? RESTS_WHEN_AWAY : 0;
      if (outcome === 'away') return;
      this.sequence += 1;
      if (outcome === 'arrived') this.dropped -= dropped;
      else this.dropped += batch.count;
      this.held -= batch.count;
      this.closed.shift();
    }
  }
}

/** Records that wait to be sent, in one flat array: 100,000 small objects that live for seconds would cost a pause of milliseconds each time they are marked. */
class PendingBatch {
  count = 0;
  readonly targets: RecordTarget[] = [];
  private records = new Float64Array(FIRST_ROWS * RECORD_WIDTH);
  /** Index of a target by its deployment (or endpoint, or nothing) and its instance: quicker than by their names. */
  private readonly indexes = new Map<DeploymentRoute | EndpointRoute | null, Map<string, number>>();

  get rows(): Float64Array {
    return this.records.subarray(0, this.count * RECORD_WIDTH);
  }

  add(request: FinishedRequest): void {
    const row = this.count * RECORD_WIDTH;
    if (row === this.records.length) this.grow();
    const { records } = this;
    records[row + RECORD.target] = this.targetIndex(request);
    records[row + RECORD.endedAtMs] = Date.now();
    records[row + RECORD.durationUs] = toMicroseconds(performance.now() - request.startedAt);
    records[row + RECORD.queueUs] = toMicroseconds(request.queueMs);
    records[row + RECORD.modelUs] = toMicroseconds(request.modelMs);
    records[row + RECORD.status] = request.status;
    records[row + RECORD.reason] = REASON_INDEX[request.reason];
    records[row + RECORD.bytesIn] = request.bytesIn;
    records[row + RECORD.bytesOut] = request.bytesOut;
    records[row + RECORD.flags] = flagsOf(request);
    this.count += 1;
  }

  private grow(): void {
    const larger = new Float64Array(this.records.length * 2);
    larger.set(this.records);
    this.records = larger;
  }

  private targetIndex({ endpoint, deployment, instanceId }: FinishedRequest): number {
    const owner = deployment ?? endpoint;
    let byInstance = this.indexes.get(owner);
    if (byInstance === undefined) {
      byInstance = new Map();
      this.indexes.set(owner, byInstance);
    }
    let index = byInstance.get(instanceId);
    if (index === undefined) {
      index = this.targets.push([endpoint?.name ?? '', deployment?.name ?? '', instanceId]) - 1;
      byInstance.set(instanceId, index);
    }
    return index;
  }
}

function flagsOf(request: FinishedRequest): number {
  return (
    (request.mirrored ? REQUEST_FLAGS.mirrored : 0) |
    (request.pinned ? REQUEST_FLAGS.pinned : 0) |
    (request.retried ? REQUEST_FLAGS.retried : 0)
  );
}

function toMicroseconds(ms: number): number {
  return Math.max(0, Math.round(ms * 1000));
}
