import cluster, { type Worker } from 'node:cluster';
import type { Logger } from '#server/kernel/logger.ts';
import { TokenBucket } from './token-bucket.ts';
import type { ToPrimary, ToWorker } from './worker-messages.ts';

/** Workers that are replaced at once, however young they died; beyond that one each five seconds, for then none of them can live. */
const REPLACED_AT_ONCE = 25;
const REPLACED_PER_SECOND = 0.2;
/** Time that a worker has, beyond its own drain limit, before it is killed. */
const KILL_AFTER_MS = 35_000;

export interface FleetWorker {
  readonly id: number;
  readonly pid: number;
  /** Revision of the table that it serves, 0 before the first. */
  served: number;
  listening: boolean;
  draining: boolean;
  readonly startedAt: number;
}

export interface FleetEvents {
  /** A worker has been made and can be sent messages. */
  onForked(worker: FleetWorker): void;
  onMessage(worker: FleetWorker, message: ToPrimary): void;
  onGone(worker: FleetWorker): void;
  /** The set of workers, or what one of them serves, has changed. */
  onChanged(): void;
}

/**
 * Keeps a number of workers running: replaces one that dies at once unless very many have, and replaces all of them one by
 * one on request without a moment in which fewer listen.
 */
export class WorkerFleet {
  private readonly size: number;
  private readonly events: FleetEvents;
  private readonly logger: Logger;
  private readonly workers = new Map<number, { info: FleetWorker; worker: Worker }>();
  private readonly replacements = new TokenBucket(REPLACED_PER_SECOND, REPLACED_AT_ONCE, performance.now());
  private stopping = false;
  private refillTimer: NodeJS.Timeout | undefined;
  private replacing: Promise<void> | null = null;
  private readonly onGoneWaiters = new Set<() => void>();

  constructor(size: number, events: FleetEvents, logger: Logger) {
    this.size = size;
    this.events = events;
    this.logger = logger;
  }

  start(): void {
    for (let i = 0; i < this.size; i += 1) this.fork();
  }

  /** Workers that are not on their way out. */
  get active(): FleetWorker[] {
    return this.all.filter((worker) => !worker.draining);
  }

  get all(): FleetWorker[] {
    return [...this.workers.values()].map(({ info }) => info);
  }

  send(id: number, message: ToWorker): void {
    const entry = this.workers.get(id);
    if (entry !== undefined && entry.worker.isConnected()) entry.worker.send(message);
  }

  broadcast(message: ToWorker): void {
    for (const id of this.workers.keys()) this.send(id, message);
  }

  /** Replaces every worker: a new one listens before an old one drains. A second call while it runs changes nothing. */
  replaceAll(): Promise<void> {
    this.replacing ??= this.replaceEach().finally(() => {
      this.replacing = null;
    });
    return this.replacing;
  }

  /** Drains all workers; resolves when the last has ended. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.refillTimer);
    const gone = new Promise<void>((resolve) => {
      this.onGoneWaiters.add(() => {
        if (this.workers.size === 0) resolve();
      });
      if (this.workers.size === 0) resolve();
    });
    for (const worker of this.all) this.drain(worker, false);
    await gone;
  }

  private fork(): FleetWorker {
    const worker = cluster.fork();
    const info: FleetWorker = {
      id: worker.id,
      pid: worker.process.pid ?? 0,
      served: 0,
      listening: false,
      draining: false,
      startedAt: performance.now(),
    };
    this.workers.set(worker.id, { info, worker });
    worker.on('message', (message: ToPrimary) => this.onMessage(info, message));
    worker.on('error', (error) => this.logger.warn({ err: error, pid: info.pid }, 'cannot talk to a gateway worker'));
    worker.on('exit', (code, signal) => this.onExit(info, code, signal));
    this.events.onForked(info);
    return info;
  }

  private onMessage(worker: FleetWorker, message: ToPrimary): void {
    if (message.type === 'listening') worker.listening = true;
    if (message.type === 'serving') worker.served = message.revision;
    this.events.onMessage(worker, message);
    if (message.type === 'listening' || message.type === 'serving') this.events.onChanged();
  }

  private onExit(worker: FleetWorker, code: number | null, signal: string | null): void {
    this.workers.delete(worker.id);
    this.events.onGone(worker);
    this.events.onChanged();
    for (const waiter of this.onGoneWaiters) waiter();
    if (this.stopping || worker.draining) return;
    const livedMs = performance.now() - worker.startedAt;
    this.logger.warn({ pid: worker.pid, code, signal, lived_ms: Math.round(livedMs) }, 'gateway worker ended');
    this.refill();
  }

  private refill(): void {
    clearTimeout(this.refillTimer);
    while (!this.stopping && this.active.length < this.size) {
      const now = performance.now();
      if (!this.replacements.tryTake(now)) {
        this.refillTimer = setTimeout(() => this.refill(), this.replacements.waitMs(now));
        return;
      }
      this.fork();
    }
  }

  private async replaceEach(): Promise<void> {
    for (const old of this.active) {
      const fresh = this.fork();
      await this.untilListening(fresh);
      if (this.stopping) return;
      this.drain(old, true);
    }
  }

  /** Resolves too when the worker dies instead: the next one is made by `refill`. */
  private untilListening(worker: FleetWorker): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!worker.listening && this.workers.has(worker.id)) return;
        clearInterval(timer);
        resolve();
      };
      const timer = setInterval(check, 20);
      check();
    });
  }

  private drain(worker: FleetWorker, keepIdle: boolean): void {
    worker.draining = true;
    this.send(worker.id, { type: 'drain', keepIdle });
    const handle = this.workers.get(worker.id)?.worker;
    const timer = setTimeout(() => handle?.process.kill('SIGKILL'), KILL_AFTER_MS);
    handle?.once('exit', () => clearTimeout(timer));
    this.events.onChanged();
  }
}
