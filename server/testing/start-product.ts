import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Product {
  studioUrl: string;
  gatewayUrl: string;
  apiUrl: string;
  dataDir: string;
  /** One-time code that the console printed, where no administrator was given. */
  setupCode: string | null;
  supervisor: ChildProcess;
  readPids(): Promise<Record<string, number | number[]>>;
  /** Everything printed so far, for a failing test's message. */
  output(): string;
  stop(): Promise<void>;
}

const READY_LINE = /^Viridian is ready at (http:\/\/\S+)$/m;
const SETUP_CODE_LINE = /one-time set-up code: (\S+)/;
const START_TIMEOUT_MS = 60_000;

/** Starts the whole product as a person would, on free ports and an empty data directory, and waits for its ready line. */
export async function startProduct(environment: Record<string, string>, dataDir?: string): Promise<Product> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'viridian-e2e-')));
  const root = join(import.meta.dirname, '..', '..');
  const supervisor = spawn(process.execPath, [join(root, 'server', 'bin', 'viridian.ts'), '--stop-instances'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      VIRIDIAN_DATA_DIR: folder,
      VIRIDIAN_STUDIO_PORT: '0',
      VIRIDIAN_GATEWAY_PORT: '0',
      VIRIDIAN_GATEWAY_TLS_PORT: '0',
      VIRIDIAN_API_PORT: '0',
      VIRIDIAN_LOG_LEVEL: 'info',
      ...environment,
    },
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  supervisor.stdout.on('data', collect);
  supervisor.stderr.on('data', collect);
  const exited = new Promise<void>((resolve) => supervisor.once('exit', () => resolve()));

  const studioUrl = await waitForLine(supervisor, () => output, READY_LINE);
  const setupCode =
    environment['VIRIDIAN_ADMIN_EMAIL'] === undefined && dataDir === undefined
      ? await waitForLine(supervisor, () => output, SETUP_CODE_LINE)
      : null;
  const ports = JSON.parse(await readFile(join(folder, 'run', 'ports.json'), 'utf8')) as {
    gateway: number;
    api: number;
  };
  return {
    studioUrl,
    gatewayUrl: `http://127.0.0.1:${ports.gateway}`,
    apiUrl: `http://127.0.0.1:${ports.api}/api/v1`,
    dataDir: folder,
    setupCode,
    supervisor,
    async readPids() {
      const file = JSON.parse(await readFile(join(folder, 'run', 'ports.json'), 'utf8')) as {
        pids: Record<string, number | number[]>;
      };
      return file.pids;
    },
    output: () => output,
    async stop() {
      supervisor.kill('SIGTERM');
      await exited;
      if (dataDir === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until the product has printed a line and returns what the pattern's first group holds. */
function waitForLine(supervisor: ChildProcess, read: () => string, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void): void => {
      clearTimeout(timer);
      supervisor.stdout?.off('data', look);
      supervisor.off('exit', onExit);
      end();
    };
    const fail = (why: string): void =>
      settle(() => {
        supervisor.kill('SIGTERM');
        reject(new Error(`The product did not become ready: ${why}\n${read()}`));
      });
    const look = (): void => {
      const found = pattern.exec(read())?.[1];
      if (found !== undefined) settle(() => resolve(found));
    };
    const onExit = (code: number | null): void => fail(`it ended with status ${code}`);
    const timer = setTimeout(() => fail(`nothing like ${pattern} within ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS);
    supervisor.stdout?.on('data', look);
    supervisor.once('exit', onExit);
    look();
  });
}
