import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callApi, type ApiAnswer } from './call-api.ts';
import { startProcess, stopProcess } from './start-process.ts';

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
