import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { ensureDataDir } from '#server/kernel/data-dir.ts';
import type { ProcessMessage } from '#server/kernel/process-link.ts';
import type { RouteDeployment, RouteEndpoint, RouteTable } from '#server/routing/route-table.ts';
import { delay, end, freePort, untilListening } from './gateway-process.ts';
import { spawnOnCore } from './run-on-core.ts';

/** What the faults are done to: the gateway as it runs in production, models in processes of their own, and the control plane's end of the link. */

const GATEWAY_SCRIPT = join(import.meta.dirname, '../../server/bin/gateway.ts');
const MODEL_SCRIPT = join(import.meta.dirname, 'faults-model.ts');
export const KEY = 'key-of-the-fault-bench-0123456789abcdef';

export interface Model {
  readonly port: number;
  child: ChildProcess;
  /** Goes up with every start, as for instances of the product. */
  generation: number;
}

export async function startModel(serviceMs: number, resetEvery = 0, port?: number): Promise<Model> {
  const chosen = port ?? (await freePort());
  const child = spawnOnCore(null, [process.execPath, MODEL_SCRIPT, ...[chosen, serviceMs, resetEvery].map(String)]);
  await untilListening(chosen, child);
  return { port: chosen, child, generation: 1 };
}

export function endpoint(name: string, deployments: RouteDeployment[], idempotentPredictions = false): RouteEndpoint {
  return {
    name,
    auth: { mode: 'key', keys: [{ id: 'primary', sha256: createHash('sha256').update(KEY).digest('hex') }] },
    publicNetworkAccess: 'enabled',
    stickyHeader: null,
    limits: { requestsPerSecond: null, concurrency: null, maxBodyBytes: null },
    idempotentPredictions,
    mapModelErrors: false,
    allowWebsocket: false,
    corsOrigins: [],
    deployments,
  };
}

export function deployment(name: string, weight: number, models: readonly Model[]): RouteDeployment {
  const instances = models.map(({ port, generation }) => ({
    id: `${name}-${port}`,
    generation,
    host: '127.0.0.1',
    port,
    maxConcurrency: 200,
  }));
  return { name, weight, mirrorPercent: 0, requestTimeoutMs: 1_000, maxQueueWaitMs: 5_000, instances };
}

/** A gateway of two workers that is started again when its primary dies, as its supervisor does. */
export class GatewayStand {
  port = 0;
  workerPids: readonly number[] = [];
  starts = 0;
  private revision = 0;
  private link: Socket | null = null;
  private linkText = '';
  private served: readonly number[] = [];
  private stopping = false;
  private child: ChildProcess | null = null;
  private readonly dataDir: ReturnType<typeof ensureDataDir>;
  private readonly openFiles: number | null;

  private constructor(folder: string, openFiles: number | null) {
    this.dataDir = ensureDataDir(mkdtempSync(join(folder, 'data-')));
    this.openFiles = openFiles;
  }

  /** @param openFiles limit of descriptors of each of its processes */
  static async start(
    folder: string,
    endpoints: RouteEndpoint[],
    openFiles: number | null = null,
  ): Promise<GatewayStand> {
    const stand = new GatewayStand(folder, openFiles);
    writeFileSync(stand.dataDir.routeTable, JSON.stringify(stand.table(endpoints)));
    stand.port = await freePort();
    await stand.spawn();
    return stand;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  get isAlive(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.link?.destroy();
    if (this.child !== null) await end(this.child, 'SIGKILL');
  }

  async connectControlPlane(): Promise<void> {
    this.link = connect(this.dataDir.gatewaySocket);
    await once(this.link, 'connect');
    this.link.on('data', (bytes: Buffer) => this.onLinkData(bytes));
  }

  disconnectControlPlane(): void {
    this.link?.destroy();
    this.link = null;
  }

  /** Resolves when every worker serves the table. */
  async push(endpoints: RouteEndpoint[]): Promise<void> {
    const table = this.table(endpoints);
    this.link?.write(`${JSON.stringify({ type: 'table', table })}\n`);
    while (this.served.length === 0 || this.served.some((revision) => revision !== table.revision)) await delay(2);
  }

  private table(endpoints: RouteEndpoint[]): RouteTable {
    this.revision += 1;
    return { version: 1, revision: this.revision, endpoints: endpoints.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
  }

  private onLinkData(bytes: Buffer): void {
    const lines = (this.linkText + bytes.toString('utf8')).split('\n');
    this.linkText = lines.pop() ?? '';
    for (const line of lines) {
      const frame = JSON.parse(line) as { type: string; workers?: { served: number }[] };
      if (frame.type === 'workers') this.served = (frame.workers ?? []).map(({ served }) => served);
    }
  }

  private async spawn(): Promise<void> {
    const limit = this.openFiles === null ? [] : ['prlimit', `--nofile=${this.openFiles}`];
    const env = {
      VIRIDIAN_DATA_DIR: this.dataDir.root,
      VIRIDIAN_GATEWAY_PORT: String(this.port),
      VIRIDIAN_GATEWAY_WORKERS: '2',
      VIRIDIAN_GATEWAY_TLS: 'off',
      VIRIDIAN_LOG_LEVEL: 'error',
      // As the supervisor sets it.
      NODE_COMPILE_CACHE: this.dataDir.compileCache,
    };
    const child = spawnOnCore(null, [...limit, process.execPath, GATEWAY_SCRIPT], { env, ipc: true });
    this.child = child;
    this.starts += 1;
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (status) => reject(new Error(`the gateway ended with status ${status} before it was ready`)));
      child.on('message', (message: ProcessMessage) => {
        if (message.type === 'workers') this.workerPids = message.pids;
        if (message.type === 'ready') resolve();
      });
    });
    child.once('exit', () => {
      if (!this.stopping) void this.spawn();
    });
  }
}
