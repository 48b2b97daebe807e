import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type DataDir, ensureDataDir } from '#server/kernel/data-dir.ts';
import type { ProcessMessage } from '#server/kernel/process-link.ts';
import type { ToControlPlane, ToGateway } from '#server/routing/gateway-link.ts';
import type { RouteTable } from '#server/routing/route-table.ts';
import { decodeRequestBatch } from '#server/telemetry/decode-request-batch.ts';
import type { RequestBatch } from '#server/telemetry/request-record.ts';
import { RawClient } from '#server/gateway/testing/raw-client.ts';
import { until } from '#server/gateway/testing/start-gateway.ts';

const ENTRY = join(import.meta.dirname, '..', 'gateway.ts');

export interface ClusterOptions {
  workers?: number;
  /** Route table on disk before the start. */
  onDisk?: RouteTable;
  port?: number;
  dataDir?: DataDir;
  /** Further settings. */
  environment?: Record<string, string>;
}

/** The gateway as it runs in production: a primary and workers in processes of their own. */
export interface TestCluster {
  readonly dataDir: DataDir;
  readonly child: ChildProcess;
  readonly messages: ProcessMessage[];
  port: number;
  /** 0 where TLS is off. */
  tlsPort: number;
  readonly workerPids: number[];
  ready(): Promise<void>;
  /** Connects as a control plane. */
  controlPlane(): Promise<TestControlPlane>;
  readTableOnDisk(): RouteTable;
  signal(name: NodeJS.Signals): void;
  exited(): Promise<number | null>;
}

export function temporaryDataDir(): DataDir {
  const root = mkdtempSync(join(tmpdir(), 'viridian-gateway-test-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return ensureDataDir(root);
}

export function startCluster(options: ClusterOptions = {}): TestCluster {
  const dataDir = options.dataDir ?? temporaryDataDir();
  if (options.onDisk !== undefined) writeFileSync(dataDir.routeTable, JSON.stringify(options.onDisk));
  const child = spawn(process.execPath, [ENTRY], {
    env: {
      ...process.env,
      VIRIDIAN_DATA_DIR: dataDir.root,
      VIRIDIAN_GATEWAY_PORT: String(options.port ?? 0),
      VIRIDIAN_GATEWAY_WORKERS: String(options.workers ?? 2),
      VIRIDIAN_GATEWAY_TLS_PORT: '0',
      VIRIDIAN_LOG_LEVEL: 'error',
      ...options.environment,
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.stderr?.resume();
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  const messages: ProcessMessage[] = [];
  const cluster: TestCluster = {
    dataDir,
    child,
    messages,
    port: 0,
    tlsPort: 0,
    workerPids: [],
    async ready() {
      await until(() => cluster.port !== 0 || child.exitCode !== null);
    },
    controlPlane: () => TestControlPlane.connect(dataDir.gatewaySocket),
    readTableOnDisk: () => JSON.parse(readFileSync(dataDir.routeTable, 'utf8')) as RouteTable,
    signal: (name) => void child.kill(name),
    exited: () => exit,
  };
  child.on('message', (message: ProcessMessage) => {
    messages.push(message);
    if (message.type === 'ready') {
      cluster.tlsPort = message.tlsPort ?? 0;
      cluster.port = message.port ?? 0;
    }
    if (message.type === 'workers') cluster.workerPids.splice(0, Infinity, ...message.pids);
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  return cluster;
}

/** The control plane's end of the link. */
export class TestControlPlane {
  readonly frames: ToControlPlane[] = [];
  private readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('utf8');
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) this.frames.push(JSON.parse(line) as ToControlPlane);
    });
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
  }

  static async connect(path: string): Promise<TestControlPlane> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new TestControlPlane(socket);
  }

  send(frame: ToGateway): void {
    this.socket.write(`${JSON.stringify(frame)}\n`);
  }

  sendText(text: string): void {
    this.socket.write(text);
  }

  /** Workers as the last frame about them says. */
  get workers(): { id: number; pid: number; served: number }[] {
    return this.frames.findLast((frame) => frame.type === 'workers')?.workers ?? [];
  }

  /** Pushes a table and waits until every worker serves it. */
  async push(routes: RouteTable): Promise<void> {
    this.send({ type: 'table', table: routes });
    await until(() => this.workers.length > 0 && this.workers.every(({ served }) => served === routes.revision));
  }

  async frame<Type extends ToControlPlane['type']>(type: Type): Promise<Extract<ToControlPlane, { type: Type }>> {
    const find = () => this.frames.find((frame) => frame.type === type);
    await until(() => find() !== undefined);
    return find() as Extract<ToControlPlane, { type: Type }>;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Telemetry's end of its socket. */
export async function startTelemetry(path: string): Promise<{ batches: RequestBatch[]; server: Server }> {
  const batches: RequestBatch[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (bytes: Buffer) => chunks.push(bytes));
    request.on('end', () => {
      batches.push(decodeRequestBatch(Buffer.concat(chunks)));
      response.end('{}');
    });
  });
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { batches, server };
}

export interface LoadReport {
  answers: number;
  /** What went wrong, one line each. */
  failures: string[];
}

/** Keeps sending one request after the other on several connections while `work` is done. A closed connection is opened again. */
export async function underLoad(
  port: number,
  request: string,
  clients: number,
  work: () => Promise<void>,
): Promise<LoadReport> {
  const report: LoadReport = { answers: 0, failures: [] };
  let over = false;
  const loops = Array.from({ length: clients }, async () => {
    while (!over) await drive(port, request, report, () => over);
  });
  await until(() => report.answers > clients * 3);
  await work();
  over = true;
  await Promise.all(loops);
  return report;
}

/** One connection until the server asks to close it or something fails. */
async function drive(port: number, request: string, report: LoadReport, isOver: () => boolean): Promise<void> {
  let client: RawClient;
  try {
    client = await RawClient.connect(port);
  } catch (error) {
    report.failures.push(`connect: ${(error as Error).message}`);
    return;
  }
  try {
    while (!isOver()) {
      const answer = await client.request(request);
      report.answers += 1;
      if (answer.status !== 200) report.failures.push(`status ${answer.status}: ${answer.body}`);
      if (answer.field('connection') === 'close') return;
    }
  } catch (error) {
    report.failures.push((error as Error).message);
  } finally {
    client.close();
  }
}
