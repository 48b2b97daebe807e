import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MetricsResult } from '#lib/contracts/metrics.ts';
import type { Clock } from '#server/kernel/clock.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { parseMetricsQuery, planMetricsQuery } from './plan-metrics-query.ts';
import { encodeRequestBatch } from './encode-request-batch.ts';
import { GATEWAY_REASONS, type GatewayReason, type ResourceSample } from './request-record.ts';
import { runMetricsQuery } from './run-metrics-query.ts';
import { TelemetryIntake } from './telemetry-intake.ts';
import { TelemetryStore, type TelemetryStoreOptions } from './telemetry-store.ts';

/** A full hour, so that tests can count buckets from it. */
export const START_MS = 1_800_000_000_000;
export const HOUR_MS = 3_600_000;

export interface Sent {
  endpoint: string;
  deployment: string;
  instance: string;
  atMs: number;
  durationUs: number;
  queueUs?: number;
  modelUs?: number;
  status: number;
  reason?: GatewayReason;
  bytesIn?: number;
  bytesOut?: number;
  mirrored?: boolean;
}

/** Store, intake and query in one process with a clock that the test turns. */
export class TelemetryFixture {
  readonly folder = mkdtempSync(join(tmpdir(), 'viridian-telemetry-'));
  nowMs = START_MS;
  freeBytes = 1e15;
  store!: TelemetryStore;
  intake!: TelemetryIntake;
  #sequence = 0;
  readonly clock: Clock = { now: () => this.nowMs, monotonic: () => this.nowMs };

  static async open(options: Partial<TelemetryStoreOptions> = {}): Promise<TelemetryFixture> {
    const fixture = new TelemetryFixture();
    await fixture.start(options);
    return fixture;
  }

  /** A new life of the process over the same folder; what was not flushed before is gone. */
  async start(options: Partial<TelemetryStoreOptions> = {}): Promise<void> {
    await (this.store as TelemetryStore | undefined)?.close();
    const { store, marks } = await TelemetryStore.open({
      folder: this.folder,
      clock: this.clock,
      logger: createLogger('telemetry-test', 'error'),
      freeBytes: async () => this.freeBytes,
      ...options,
    });
    this.store = store;
    this.intake = new TelemetryIntake(store, this.clock, marks);
  }

  send(sent: readonly Sent[], { source = 'worker', sequence = this.#sequence++, dropped = 0 } = {}): boolean {
    const targets = sent.map(({ endpoint, deployment, instance }): [string, string, string] => [
      endpoint,
      deployment,
      instance,
    ]);
    const rows = sent.map((one, index) => [
      index,
      one.atMs,
      one.durationUs,
      one.queueUs ?? 0,
      one.modelUs ?? one.durationUs,
      one.status,
      GATEWAY_REASONS.indexOf(one.reason ?? 'none'),
      one.bytesIn ?? 0,
      one.bytesOut ?? 0,
      one.mirrored === true ? 1 : 0,
    ]);
    const records = Float64Array.from(rows.flat());
    const body = Buffer.concat(encodeRequestBatch({ source, sequence, dropped, targets, records }));
    return this.intake.ingestRequests(body).accepted;
  }

  sample(...samples: readonly ResourceSample[]): void {
    this.intake.ingestSamples({ version: 1, samples }, 0);
  }

  seal(): Promise<void> {
    return this.store.seal(() => this.intake.senders.snapshot());
  }

  async query(
    parameters: Record<string, string>,
    fromMs = START_MS,
    toMs = START_MS + HOUR_MS,
  ): Promise<MetricsResult> {
    const range = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
    const query = parseMetricsQuery({ ...range, ...parameters });
    const plan = planMetricsQuery(query, this.store.segments.resolutions, (one) => this.store.horizonMs(one));
    return runMetricsQuery(plan, this.store, this.nowMs);
  }

  /** Requests counted over a range, whatever they were. */
  async count(fromMs = START_MS, toMs = START_MS + HOUR_MS): Promise<number> {
    const { series } = await this.query({ metric: 'Requests', mirrored: 'include' }, fromMs, toMs);
    return series[0]!.samples!.reduce((sum, samples) => sum + samples, 0);
  }

  async remove(): Promise<void> {
    await this.store.close();
    rmSync(this.folder, { recursive: true });
  }
}

export const ok = (atMs: number, more: Partial<Sent> = {}): Sent => ({
  endpoint: 'iris',
  deployment: 'blue',
  instance: 'i1',
  atMs,
  durationUs: 5_000,
  status: 200,
  ...more,
});
