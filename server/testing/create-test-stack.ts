import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#server/kernel/clock.ts';
import { parseConfig } from '#server/kernel/config.ts';
import { ensureDataDir, type DataDir } from '#server/kernel/data-dir.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { controlPlaneSettings } from '#server/bin/control-plane/process-settings.ts';
import {
  type ControlPlaneProcess,
  type RunningControlPlane,
  startControlPlane,
} from '#server/bin/control-plane/start-control-plane.ts';
import { createFakeDriver, type FaultOf } from '#server/drivers/fake/fake-driver.ts';
import { createFakeWorld, FAKE_COMMAND, type FakeWorld } from '#server/drivers/fake/fake-world.ts';
import type { RunProgram } from '#server/domain/trial.ts';
import { callApi, type ApiAnswer } from './call-api.ts';
import { eventually } from './eventually.ts';
import { createFakeBuilder, type FakeBuilder } from './fake-builder.ts';
import { allRuntimes, noChecks, noPrograms } from './no-environments.ts';
import { startFakeGateway, type FakeGateway } from './fake-gateway.ts';
import { startProcess, stopProcess } from './start-process.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface TestStackOptions {
  /**
   * `fake`: instances exist in memory and answer with their name. `process`: real processes of this host, and containers where `dockerHost` names an
   * engine.
   */
  driver?: 'fake' | 'process';
  /** As in DOCKER_HOST. */
  dockerHost?: string | undefined;
  /** `fake`: takes tables and carries nothing. `process`: the real gateway. `none`: nobody takes tables. */
  gateway?: 'fake' | 'process' | 'none';
  /** Faults of the fake driver. */
  faultOf?: FaultOf;
  /** How names of external servers are resolved. */
  lookup?: (host: string) => Promise<readonly string[]>;
  /** How often they are resolved again. */
  resolveMs?: number;
  /** Settings that differ; an empty text takes one back to its default. */
  environment?: Record<string, string>;
}

/** A whole control plane with its API in this process, over an empty data directory and on free ports. */
export interface TestStack {
  /** Base of the REST API, with `/api/v1`. */
  apiUrl: string;
  /** API key of the administrator. */
  apiKey: string;
  gatewayUrl: string | null;
  dataDir: DataDir;
  /** Of the fake driver. */
  world: FakeWorld;
  /** Builds environments for the fake driver when a test says so. */
  builder: FakeBuilder;
  /** Stands in for programs that are run to their end. */
  programs: { run: RunProgram };
  /** Of the fake gateway. */
  gateway: FakeGateway | null;
  /** The one-time code that the console would print. */
  setupCode(): string | null;
  call(method: string, path: string, body?: unknown): Promise<ApiAnswer>;
  /** Waits until an operation has ended, and returns it. */
  ended(operation: string, limitMs?: number): Promise<ApiAnswer['body']>;
  /** Stops the control plane and starts another over the same data and the same world. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** `const stack = await createTestStack();` … `await stack.stop();` */
export async function createTestStack(options: TestStackOptions = {}): Promise<TestStack> {
  const { driver = 'fake', gateway: gatewayKind = 'fake', environment = {} } = options;
  const dataDir = ensureDataDir(await mkdtemp(join(tmpdir(), 'viridian-stack-')));
  const apiKey = randomBytes(24).toString('hex');
  const world = createFakeWorld(systemClock);
  const builder = createFakeBuilder();
  const programs: { run: RunProgram } = { run: noPrograms };
  const children: ChildProcess[] = [];
  const gateway = gatewayKind === 'fake' ? await startFakeGateway(dataDir.gatewaySocket) : null;
  const shared = { VIRIDIAN_DATA_DIR: dataDir.root, VIRIDIAN_LOG_LEVEL: 'error', ...environment };
  const gatewayPort = gatewayKind === 'process' ? await startGateway(shared, children) : null;

  const settings = parseConfig(controlPlaneSettings, {
    VIRIDIAN_API_PORT: '0',
    VIRIDIAN_GATEWAY_PORT: String(gatewayPort ?? 0),
    VIRIDIAN_ADMIN_EMAIL: 'admin@example.com',
    VIRIDIAN_ADMIN_PASSWORD: randomBytes(12).toString('hex'),
    VIRIDIAN_ADMIN_API_KEY: apiKey,
    VIRIDIAN_STOP_INSTANCES: 'true',
    ...shared,
  });
  let setupCode: string | null = null;
  const process: ControlPlaneProcess = {
    settings,
    dataDir,
    root: ROOT,
    version: 'test',
    dockerHost: options.dockerHost,
    searchPath: globalThis.process.env['PATH'],
    logger: createLogger('test', settings.VIRIDIAN_LOG_LEVEL),
    onSetupCode: (code) => (setupCode = code),
    checkAnswers: true,
    ...(options.lookup && { lookup: options.lookup }),
    ...(options.resolveMs !== undefined && { resolveMs: options.resolveMs }),
    ...(driver === 'fake' && {
      driver: createFakeDriver(world, options.faultOf),
      environments: {
        environments: builder,
        runtimes: allRuntimes,
        checkPackages: noChecks,
        runProgram: (run) => programs.run(run),
      },
      onnxServer: [FAKE_COMMAND],
    }),
  };
  let controlPlane: RunningControlPlane = await startControlPlane(process);
  const apiUrl = (): string => `http://127.0.0.1:${controlPlane.port}/api/v1`;
  const call: TestStack['call'] = (method, path, body) => callApi({ url: `${apiUrl()}${path}`, apiKey, method, body });
  return {
    get apiUrl() {
      return apiUrl();
    },
    apiKey,
    gatewayUrl: gatewayPort === null ? null : `http://127.0.0.1:${gatewayPort}`,
    dataDir,
    world,
    builder,
    programs,
    gateway,
    setupCode: () => setupCode,
    call,
    ended: (operation, limitMs) =>
      eventually(
        async () => {
          const { body } = await call('GET', `/operations/${operation}`);
          return body.status === 'running' ? null : body;
        },
        `the end of ${operation}`,
        limitMs,
      ),
    async restart() {
      await controlPlane.stop();
      controlPlane = await startControlPlane(process);
    },
    async stop() {
      await controlPlane.stop();
      for (const child of children) await stopProcess(child);
      await gateway?.close();
      await world.close();
      await rm(dataDir.root, { recursive: true, force: true });
    },
  };
}

async function startGateway(environment: Record<string, string>, children: ChildProcess[]): Promise<number> {
  const env = { ...process.env, VIRIDIAN_GATEWAY_WORKERS: '2', VIRIDIAN_GATEWAY_PORT: '0', ...environment };
  const { port } = await startProcess('gateway', env, children);
  if (port === undefined) throw new Error('The gateway did not say where it listens.');
  return port;
}
