import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiServer } from '#server/api/create-api-server.ts';
import { createRequestAuthentication } from '#server/api/authenticate-request.ts';
import { type ApiContext, allRoutes } from '#server/api/routes/all-routes.ts';
import { composeModels } from '#server/bin/control-plane/compose-models.ts';
import { bootstrapAdministrator } from '#server/commands/bootstrap-administrator.ts';
import { createAnswerMemory } from '#server/commands/remember-answer.ts';
import { seedInstanceTypes } from '#server/commands/seed-instance-types.ts';
import { createSetupCode, type SetupCode } from '#server/commands/set-up-installation.ts';
import { createControlPlane, type ControlPlane } from '#server/control-plane/control-plane.ts';
import { SYSTEM_ACTOR } from '#server/domain/actor.ts';
import type { MetricsSource } from '#server/domain/ports.ts';
import { createFakeDriver } from '#server/drivers/fake/fake-driver.ts';
import { createFakeWorld, type FakeWorld } from '#server/drivers/fake/fake-world.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { systemClock } from '#server/kernel/clock.ts';
import { ensureDataDir, type DataDir } from '#server/kernel/data-dir.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { type Database, openDatabase } from '#server/store/database.ts';
import { eventually } from './eventually.ts';
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts';

const HOST = { cpuCount: 2, memoryMib: 4096, gpuCount: 0 };
const ABSENT = { available: false, reason: 'Not in tests.' };
export const STUDIO_TOKEN = 'a-studio-token-for-tests-0123456789';
export const ADMINISTRATOR = { email: 'admin@example.org', password: 'correct horse battery' };

/** An answer of the API, parsed. */
export interface Answer {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  body: any;
}

/** The REST API on a real socket, over a real database and reconcile loop, a fake world and a fake gateway. */
export interface TestApi {
  base: string;
  apiKey: string;
  context: ApiContext;
  database: Database;
  dataDir: DataDir;
  world: FakeWorld;
  gateway: FakeGateway;
  controlPlane: ControlPlane;
  setupCode: SetupCode;
  /** Answers what `POST /invoke` sends to the gateway. */
  answerPredictions(listener: RequestListener): void;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Waits until an operation has ended, and returns it. */
  ended(id: string): Promise<Answer['body']>;
  close(): Promise<void>;
}

export async function startTestApi(options: { administrator?: boolean } = {}): Promise<TestApi> {
  const { administrator = true } = options;
  const dataDir = ensureDataDir(await mkdtemp(join(tmpdir(), 'viridian-api-')));
  const database = openDatabase(dataDir.database);
  const logger = createLogger('test', 'fatal');
  const apiKey = randomBytes(24).toString('hex');
  await seedInstanceTypes({ database, host: HOST });
  await bootstrapAdministrator({ database }, { ...(administrator && ADMINISTRATOR), apiKey });
  const setupCode = createSetupCode(() => undefined);
  const root = join(import.meta.dirname, '..', '..');
  const models = await composeModels(database, { dataDir, root, allowedRoots: [dataDir.root] }, logger);
  const gateway = await startFakeGateway(dataDir.gatewaySocket);
  const world = createFakeWorld(systemClock);
  const driver = createFakeDriver(world);
  const controlPlane = createControlPlane({
    database,
    driver,
    paths: { modelsDir: dataDir.models, onnxServer: ['fake'] },
    gatewaySocket: dataDir.gatewaySocket,
    routeTablePath: dataDir.routeTable,
    clock: systemClock,
    logger,
    recordSample: () => undefined,
  });
  await controlPlane.start();
  const predictions = await listenForPredictions();
  const context: ApiContext = {
    ...models.context,
    database,
    clock: systemClock,
    masterKey: randomBytes(32),
    host: HOST,
    hostFacts: { ...HOST, python: ABSENT, docker: ABSENT, gpu: ABSENT, gpus: [] },
    routes: controlPlane.routes,
    logs: driver,
    metrics: noMetrics,
    instanceUse: controlPlane,
    setupCode,
    version: '0.0.0',
    memoryLimitBy: 'none',
    pingTelemetry: async () => false,
    freeDiskBytes: async () => 1,
    gatewayPort: predictions.port,
    gatewayUrl: `http://127.0.0.1:${predictions.port}`,
  };
  const now = (): number => systemClock.now();
  const memory = createAnswerMemory(context, now);
  const server = createApiServer({
    routes: allRoutes(context),
    version: '0.0.0',
    clock: systemClock,
    logger,
    ...createRequestAuthentication({ database, studioToken: STUDIO_TOKEN, now }),
    replay: (request, run) => memory.replay(request, run),
    anonymous: SYSTEM_ACTOR,
    checkAnswers: true,
  });
  const base = `${await server.listen({ host: '127.0.0.1', port: 0 })}/api/v1`;

  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? JSON.parse(text) : text,
    };
  }

  return {
    base,
    apiKey,
    context,
    database,
    dataDir,
    world,
    gateway,
    controlPlane,
    setupCode,
    answerPredictions: predictions.answerWith,
    call,
    ended: (id) =>
      eventually(async () => {
        const { body } = await call('GET', `/operations/${id}`);
        return body.status === 'running' ? null : body;
      }, `the end of ${id}`),
    async close() {
      const closed = server.close();
      server.server.closeAllConnections();
      await closed;
      models.stop();
      await controlPlane.stop();
      await gateway.close();
      await world.close();
      await predictions.close();
      database.close();
      await rm(dataDir.root, { recursive: true, force: true });
    },
  };
}

const noMetrics: MetricsSource = {
  queryMetrics: async () => {
    throw new AppError('telemetry.unavailable', 'There is no telemetry in tests.');
  },
};

/** Stands where the gateway listens for predictions. */
async function listenForPredictions() {
  let listener: RequestListener = (_request, response) => void response.writeHead(404).end();
  const server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    answerWith(next: RequestListener) {
      listener = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
