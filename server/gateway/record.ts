import {
  GATEWAY_REASONS,
  type GatewayReason,
  REQUEST_FLAGS,
  type RequestBatch,
  type RequestRecord,
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

/**
 * Collects a record of every finished request and sends them in batches. Memory is bounded and nobody waits: while telemetry is away the oldest
 * records are thrown away and counted.
 */
export class RequestRecorder {
  private readonly options: RecorderOptions;
  private open: PendingBatch = emptyBatch();
  /** Closed batches, oldest first; the first may be on its way. */
  private readonly closed: PendingBatch[] = [];
  private held = 0;
  private dropped = 0;
  private sequence = 0;
  private sending: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(options: Partial<RecorderOptions> & Pick<RecorderOptions, 'send' | 'source'>) {
    this.options = { ...DEFAULTS, ...options };
  }

  start(): void {
    this.timer ??= setInterval(() => void this.flush(), this.options.flushIntervalMs);
  }

  record(request: FinishedRequest): void {
    this.open.records.push(toRecord(this.targetIndex(request), request));
    this.held += 1;
    if (this.open.records.length < this.options.batchSize) return;
    this.closeBatch();
    void this.flush();
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

  private targetIndex({ endpoint, deployment, instanceId }: FinishedRequest): number {
    const { targets, indexes } = this.open;
    const owner = deployment ?? endpoint;
    let byInstance = indexes.get(owner);
    if (byInstance === undefined) {
      byInstance = new Map();
      indexes.set(owner, byInstance);
    }
    let index = byInstance.get(instanceId);
    if (index === undefined) {
      index = targets.push([endpoint?.name ?? '', deployment?.name ?? '', instanceId]) - 1;
      byInstance.set(instanceId, index);
    }
    return index;
  }

  private closeBatch(): void {
    if (this.open.records.length === 0) return;
    this.closed.push(this.open);
    this.open = emptyBatch();
    while (this.held > this.options.capacity && this.closed.length > 1) {
      // The first may be on its way: the second is the oldest that can still be thrown away.
      const [oldest] = this.closed.splice(this.sending === null ? 0 : 1, 1);
      this.held -= oldest?.records.length ?? 0;
      this.dropped += oldest?.records.length ?? 0;
    }
  }

  private async sendClosed(): Promise<void> {
    for (;;) {
      const batch = this.closed[0];
      if (batch === undefined) return;
      const { dropped } = this;
      const outcome = await this.options.send({
        version: 1,
        source: this.options.source,
        sequence: this.sequence,
        dropped,
        targets: batch.targets,
        records: batch.records,
      });
      if (outcome === 'away') return;
      this.sequence += 1;
      if (outcome === 'arrived') this.dropped -= dropped;
      else this.dropped += batch.records.length;
      this.held -= batch.records.length;
      this.closed.shift();
    }
  }
}

interface PendingBatch {
  targets: [string, string, string][];
  /** Index of a target by its deployment (or endpoint, or nothing) and its instance: quicker than by their names. */
  indexes: Map<DeploymentRoute | EndpointRoute | null, Map<string, number>>;
  records: RequestRecord[];
}

function emptyBatch(): PendingBatch {
  return { targets: [], indexes: new Map(), records: [] };
}

function toRecord(target: number, request: FinishedRequest): RequestRecord {
  return [
    target,
    Date.now(),
    toMicroseconds(performance.now() - request.startedAt),
    toMicroseconds(request.queueMs),
    toMicroseconds(request.modelMs),
    request.status,
    REASON_INDEX[request.reason],
    request.bytesIn,
    request.bytesOut,
    (request.mirrored ? REQUEST_FLAGS.mirrored : 0) |
      (request.pinned ? REQUEST_FLAGS.pinned : 0) |
      (request.retried ? REQUEST_FLAGS.retried : 0),
  ];
}

function toMicroseconds(ms: number): number {
  return Math.max(0, Math.round(ms * 1000));
}
