import { setTimeout as delay } from 'node:timers/promises';
import { RawClient } from '#server/gateway/testing/raw-client.ts';

export interface FaultLoadOptions {
  readonly port: () => number;
  readonly request: string;
  readonly requestsPerSecond: number;
  readonly clients: number;
}

export interface FaultFigures {
  requests: number;
  /** No complete answer, or one that says that something broke. */
  failed: number;
  /** 429 and 503, which are said on purpose. */
  shed: number;
  /** What the failures were, and how often. */
  readonly reasons: Map<string, number>;
  readonly latenciesMs: number[];
  /** Since the start of the load. */
  lastFailureMs: number;
  /** Longest time without an answer of 200. */
  longestGapMs: number;
}

/** An answer that takes longer is a client that hangs. */
const HANGING_MS = 8_000;

/** Requests that are due at fixed instants, sent by whichever client is free; a latency begins when its request was due. */
export class FaultLoad {
  readonly figures: FaultFigures = {
    requests: 0,
    failed: 0,
    shed: 0,
    reasons: new Map(),
    latenciesMs: [],
    lastFailureMs: 0,
    longestGapMs: 0,
  };
  private readonly options: FaultLoadOptions;
  private readonly startedAt = performance.now();
  private lastGoodAt = performance.now();
  /** Requests that have been sent and not been answered. */
  inFlight = 0;
  private due = 0;
  private over = false;
  private readonly loops: Promise<void>[];

  constructor(options: FaultLoadOptions) {
    this.options = options;
    this.loops = Array.from({ length: options.clients }, () => this.runClient());
  }

  get elapsedMs(): number {
    return performance.now() - this.startedAt;
  }

  async stop(): Promise<FaultFigures> {
    this.over = true;
    await Promise.all(this.loops);
    return this.figures;
  }

  private async runClient(): Promise<void> {
    let client: RawClient | null = null;
    while (!this.over) {
      const dueAt = this.startedAt + (this.due * 1000) / this.options.requestsPerSecond;
      this.due += 1;
      const wait = dueAt - performance.now();
      if (wait > 0) await delay(wait);
      client = await this.send(client, dueAt);
    }
    client?.close();
  }

  /** @returns the connection for the next request, null where there is none */
  private async send(kept: RawClient | null, dueAt: number): Promise<RawClient | null> {
    this.figures.requests += 1;
    this.inFlight += 1;
    const next = await this.exchange(kept, dueAt);
    this.inFlight -= 1;
    return next;
  }

  private async exchange(kept: RawClient | null, dueAt: number): Promise<RawClient | null> {
    let client = kept;
    try {
      // Clients look whether a kept connection is still there before they use it.
      if (client === null || client.outcome !== 'open') client = await RawClient.connect(this.options.port());
      const hanging = delay(HANGING_MS, null, { ref: false });
      const answer = await Promise.race([client.request(this.options.request), hanging]);
      if (answer === null) throw new Error('no answer in time');
      this.count(answer.status, dueAt);
      if (answer.field('connection') !== 'close') return client;
    } catch (error) {
      this.fail((error as Error).message.replace(/ after ".*/s, '').replace(/ \d+\.\d+.*/, ''));
    }
    client?.close();
    return null;
  }

  private count(status: number, dueAt: number): void {
    const now = performance.now();
    if (status === 200) {
      this.figures.latenciesMs.push(now - dueAt);
      this.figures.longestGapMs = Math.max(this.figures.longestGapMs, now - this.lastGoodAt);
      this.lastGoodAt = now;
    } else if (status === 429 || status === 503) this.figures.shed += 1;
    else this.fail(`status ${status}`);
  }

  private fail(reason: string): void {
    const { figures } = this;
    figures.failed += 1;
    figures.lastFailureMs = this.elapsedMs;
    figures.reasons.set(reason, (figures.reasons.get(reason) ?? 0) + 1);
  }
}

/** @param share of 1 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
