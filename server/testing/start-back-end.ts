import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessMessage } from '#server/kernel/process-link.ts';

const BIN = join(import.meta.dirname, '..', 'bin');
const START_TIMEOUT_MS = 60_000;

export interface ApiAnswer {
  status: number;
  body: Record<string, unknown>;
}

export interface BackEnd {
  /** Base of the REST API, with `/api/v1`. */
  apiUrl: string;
  gatewayUrl: string;
  /** Key of the administrator. */
  apiKey: string;
  dataDir: string;
  processes: Readonly<Record<'telemetry' | 'gateway' | 'control-plane', ChildProcess>>;
  /** Calls the API; parses the answer. */
  call(method: string, path: string, body?: unknown): Promise<ApiAnswer>;
  stop(): Promise<void>;
}

/** Starts telemetry, gateway and control plane as the processes that they are in production, without the studio, over an empty data directory. */
export async function startBackEnd(environment: Record<string, string> = {}): Promise<BackEnd> {
  const dataDir = await mkdtemp(join(tmpdir(), 'viridian-back-end-'));
  const apiKey = randomBytes(24).toString('hex');
  const shared = {
    ...process.env,
    VIRIDIAN_DATA_DIR: dataDir,
    VIRIDIAN_LOG_LEVEL: 'warn',
    VIRIDIAN_ADMIN_EMAIL: 'admin@example.com',
    VIRIDIAN_ADMIN_PASSWORD: randomBytes(12).toString('hex'),
    VIRIDIAN_ADMIN_API_KEY: apiKey,
    VIRIDIAN_STOP_INSTANCES: 'true',
    VIRIDIAN_API_PORT: '0',
    VIRIDIAN_GATEWAY_PORT: '0',
    ...environment,
  };
  const started: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const child of started.toReversed()) await stopProcess(child);
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const start = (name: string, env: NodeJS.ProcessEnv) => startProcess(name, env, started);
    await start('telemetry', shared);
    const { port: gatewayPort } = await start('gateway', shared);
    const { port } = await start('control-plane', { ...shared, VIRIDIAN_GATEWAY_PORT: String(gatewayPort) });
    const [telemetry, gateway, controlPlane] = started;
    if (telemetry === undefined || gateway === undefined || controlPlane === undefined) throw new Error('Not started.');
    const apiUrl = `http://127.0.0.1:${port}/api/v1`;
    return {
      apiUrl,
      gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
      apiKey,
      dataDir,
      processes: { telemetry, gateway, 'control-plane': controlPlane },
      call: (method, path, body) => callApi({ url: `${apiUrl}${path}`, apiKey, method, body }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface ApiCall {
  url: string;
  apiKey: string;
  method: string;
  body: unknown;
}

async function callApi({ url, apiKey, method, body }: ApiCall): Promise<ApiAnswer> {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

/** Resolves when the process says that it serves. */
function startProcess(
  name: string,
  env: NodeJS.ProcessEnv,
  started: ChildProcess[],
): Promise<{ port: number | undefined }> {
  const child = spawn(process.execPath, [join(BIN, `${name}.ts`)], {
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  started.push(child);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(`${name} did not start within ${START_TIMEOUT_MS} ms.`), START_TIMEOUT_MS);
    const fail = (text: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(text));
    };
    child.on('message', (message: ProcessMessage) => {
      if (message.type !== 'ready') return;
      clearTimeout(timer);
      resolve({ port: message.port });
    });
    child.once('exit', (code) => fail(`${name} ended with status ${code}.`));
  });
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await exited;
}
