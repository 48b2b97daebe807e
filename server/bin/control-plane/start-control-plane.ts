import { statfs } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createApiServer } from '#server/api/create-api-server.ts';
import { createRequestAuthentication } from '#server/api/authenticate-request.ts';
import { type ApiContext, allRoutes } from '#server/api/routes/all-routes.ts';
import { bootstrapAdministrator } from '#server/commands/bootstrap-administrator.ts';
import { createAnswerMemory } from '#server/commands/remember-answer.ts';
import { ensureInstallationId } from '#server/commands/ensure-installation-id.ts';
import { openRegistryCredentials } from '#server/commands/open-registry-credentials.ts';
import { seedEnvironments } from '#server/commands/seed-environments.ts';
import { seedInstanceTypes } from '#server/commands/seed-instance-types.ts';
import { createSetupCode, type SetupCode } from '#server/commands/set-up-installation.ts';
import { createControlPlane } from '#server/control-plane/control-plane.ts';
import { createTrials } from '#server/control-plane/trials.ts';
import { createRefreshEnvironmentsLoop } from '#server/control-plane/refresh-environments-loop.ts';
import { createRetainComparisonsLoop } from '#server/control-plane/retain-comparisons-loop.ts';
import { SYSTEM_ACTOR } from '#server/domain/actor.ts';
import type { RuntimeDriver } from '#server/drivers/runtime-driver.ts';
import { watchDocker } from '#server/environments/docker-watch.ts';
import { detectHostCapabilities, dockerSocketFrom } from '#server/environments/host-capabilities.ts';
import { findTriton } from '#server/environments/triton-program.ts';
import { systemClock } from '#server/kernel/clock.ts';
import type { DataDir } from '#server/kernel/data-dir.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { getSetupState } from '#server/queries/get-setup-state.ts';
import type { HostFacts } from '#server/queries/get-info.ts';
import { uploadLimitsOf } from '#server/models/upload-config.ts';
import { type Database, openDatabase } from '#server/store/database.ts';
import { createSampleSender, createTelemetryClient } from '#server/telemetry/telemetry-client.ts';
import { isLoopbackHost, planTls } from '#server/tls/tls-config.ts';
import { ensureSecretFile } from '../supervisor/secret-file.ts';
import { composeDrivers, isEngineExpected } from './compose-drivers.ts';
import {
  type ComposedEnvironments,
  composeEnvironments,
  composeRegistryProbe,
  CURATED_SEEDS,
} from './compose-environments.ts';
import { composeExternalDriver, composeExternals, type ExternalsOptions } from './compose-externals.ts';
import { composeModels } from './compose-models.ts';
import { composeTls } from './compose-tls.ts';
import type { ControlPlaneSettings } from './process-settings.ts';

export interface ControlPlaneProcess {
  settings: ControlPlaneSettings;
  dataDir: DataDir;
  /** Folder of package.json. */
  root: string;
  version: string;
  dockerHost: string | undefined;
  /** Where commands of deployments are looked for; the PATH of their instances. */
  searchPath: string | undefined;
  /** Where instances keep compiled code of ours (NODE_COMPILE_CACHE); in the data directory where nothing else is given. */
  compileCache?: string | undefined;
  logger: Logger;
  /** What runs instances; processes of this host where nothing else is given. */
  driver?: RuntimeDriver;
  /** What builds environments; what this host has where nothing else is given. */
  environments?: ComposedEnvironments;
  /** How names of external servers are resolved, and how often again; the system's way where nothing else is given. */
  lookup?: ExternalsOptions['lookup'];
  resolveMs?: number;
  /** Program and arguments that serve an ONNX model, for drivers that run something else. */
  onnxServer?: readonly string[];
  /** Checks every answer against its declared schema, and fails where they differ: for tests. */
  checkAnswers?: boolean;
  /** The one-time code of the first visit; null once it is spent or where it is not needed. */
  onSetupCode: (code: string | null) => void;
}

export interface RunningControlPlane {
  port: number;
  stop(): Promise<void>;
}

/** Calls that are still being answered get this long when the process is told to stop. */
const DRAIN_MS = 2_000;
const DAY_MS = 86_400_000;

/** Puts the control plane together: store, driver, loops and API; resolves when the API answers. */
export async function startControlPlane(process: ControlPlaneProcess): Promise<RunningControlPlane> {
  const { settings, dataDir, root, logger } = process;
  const masterKey = parseKey(await ensureSecretFile(dataDir.masterKey), 'keys/master.key');
  const database = openDatabase(dataDir.database);
  const dockerSocket = dockerSocketFrom(process.dockerHost);
  const hostFacts = await detectHostCapabilities({
    pythonPrograms: ['python3', 'python'],
    dockerSocket,
    nvidiaSmi: 'nvidia-smi',
  });
  const host = { cpuCount: hostFacts.cpuCount, memoryMib: hostFacts.memoryMib, gpuCount: hostFacts.gpus.length };
  await seedInstanceTypes({ database, host });
  await seedEnvironments({ database }, CURATED_SEEDS);
  await bootstrapAdministrator({ database }, administratorOf(settings));
  const setupCode = await prepareSetupCode(database, process.onSetupCode);
  const allowedRoots = settings.VIRIDIAN_MODEL_PATH_ALLOW.split(/[:,]/).filter((path) => path !== '');
  const models = await composeModels(
    database,
    {
      dataDir,
      root,
      allowedRoots,
      limits: uploadLimitsOf(settings),
      remote: { settings, lookup: process.lookup },
    },
    logger,
  );
  const telemetry = createTelemetryClient({ socketPath: dataDir.telemetrySocket });
  const samples = createSampleSender(telemetry);
  const paths = {
    modelsDir: dataDir.models,
    onnxServer: process.onnxServer ?? [execPath(), join(root, 'server/inference/onnx/main.ts')],
    tritonServer: [execPath(), join(root, 'server/inference/triton/main.ts'), settings.VIRIDIAN_TRITONSERVER],
    compileCache: process.compileCache ?? dataDir.compileCache,
    servingCache: dataDir.servingCache,
    filesDir: dataDir.files,
    pythonServerDir: join(root, 'server/inference/python'),
  };
  const externals = composeExternals({
    allowed: settings.VIRIDIAN_EXTERNAL_ALLOW,
    upstreamKey: parseKey(await ensureSecretFile(dataDir.upstreamKey), 'keys/upstream.key'),
    lookup: process.lookup,
  });
  const triton = () => findTriton(settings.VIRIDIAN_TRITONSERVER, process.searchPath ?? '');
  const installationId = await ensureInstallationId({ database });
  const isContainerHost = isEngineExpected(dockerSocket, dataDir);
  const drivers = composeDrivers({
    dataDir,
    dockerSocket,
    addressPool: settings.VIRIDIAN_CONTAINER_ADDRESS_POOL,
    isEngineExpected: isContainerHost,
    searchPath: process.searchPath,
    installationId,
    readableFolders: [paths.pythonServerDir],
    external: composeExternalDriver(externals, process, database, paths, logger),
    programs: process.driver,
    logger,
  });
  const { driver } = drivers;
  const dockerWatch = watchDocker(dockerSocket, hostFacts.docker, () => {
    drivers.docker.appear().catch((error: unknown) => logger.error({ err: error }, 'docker_driver_not_started'));
  });
  const { environments, runtimes, checkPackages, runProgram } =
    process.environments ??
    (await composeEnvironments({
      dataDir,
      settings,
      python: hostFacts.python,
      docker: () => dockerWatch.accepted,
      triton,
      dockerSocket,
      isEngineExpected: isContainerHost,
      searchPath: process.searchPath,
      installationId,
      credentials: (registry) => openRegistryCredentials({ database, masterKey }, registry),
      logger,
    }));
  const trials = createTrials({
    environments,
    paths,
    runProgram,
    runContainer: drivers.docker.runOnce,
    clock: systemClock,
  });
  const controlPlane = createControlPlane({
    database,
    driver,
    environments,
    gpuCount: host.gpuCount,
    otherBuilds: () => trials.buildKeys(),
    paths,
    gatewaySocket: dataDir.gatewaySocket,
    routeTablePath: dataDir.routeTable,
    trustedForwarders: settings.VIRIDIAN_TRUSTED_PROXIES,
    clock: systemClock,
    logger,
    recordSample: (sample) => samples.record(sample),
  });
  const tls = composeTls(planOf(settings), { database, dataDir, controlPlane, logger });
  const retention = createRetainComparisonsLoop({
    database,
    clock: systemClock,
    logger,
    retain: telemetry.retainComparisons,
  });
  const environmentRefreshMs = settings.VIRIDIAN_ENVIRONMENT_REFRESH_DAYS * DAY_MS;
  const refresh = createRefreshEnvironmentsLoop({
    database,
    environments,
    filesDir: paths.filesDir,
    everyMs: environmentRefreshMs,
    clock: systemClock,
    logger,
  });
  await controlPlane.start();
  retention.start();
  refresh.start();
  tls.start();
  const context: ApiContext = {
    ...models.context,
    ...gatewayAddress(settings),
    database,
    clock: systemClock,
    masterKey,
    answers: createAnswerMemory({ database, masterKey }, () => systemClock.now()),
    host,
    runtimes,
    environments,
    environmentRefreshMs,
    trials,
    checkPackages,
    runProgram,
    pythonServerDir: paths.pythonServerDir,
    storedFiles: models.storedFiles,
    externals,
    registryProbe: composeRegistryProbe(dockerSocket),
    hostFacts: {
      ...hostFacts,
      get docker() {
        return { ...dockerWatch.current, addressing: drivers.docker.addressing() };
      },
      get triton() {
        return triton();
      },
    } satisfies HostFacts,
    routes: controlPlane.routes,
    logs: driver,
    metrics: telemetry,
    comparisons: telemetry,
    tls: tls.source,
    instanceUse: controlPlane,
    setupCode,
    version: process.version,
    memoryLimitBy: driver.memoryLimitBy,
    pingTelemetry: () => telemetry.isHealthy(),
    freeDiskBytes: () => freeBytesAt(dataDir.root),
  };
  const api = await listen(context, process);
  return {
    port: api.port,
    async stop() {
      await api.stop();
      await tls.stop();
      await models.stop();
      await refresh.stop();
      await trials.stop();
      await dockerWatch.stop();
      await controlPlane.stop({ endInstances: settings.VIRIDIAN_STOP_INSTANCES });
      await samples.stop();
      await retention.stop();
      telemetry.close();
      database.close();
    },
  };
}

const execPath = (): string => globalThis.process.execPath;

function parseKey(hex: string, file: string): Buffer {
  const key = Buffer.from(hex, 'hex');
  if (key.length !== 32) throw new Error(`A key is damaged: ${file} must hold 64 hex digits.`);
  return key;
}

function administratorOf(settings: ControlPlaneSettings) {
  return {
    email: settings.VIRIDIAN_ADMIN_EMAIL,
    password: settings.VIRIDIAN_ADMIN_PASSWORD,
    apiKey: settings.VIRIDIAN_ADMIN_API_KEY,
  };
}

async function prepareSetupCode(database: Database, tell: (code: string | null) => void): Promise<SetupCode> {
  const code = createSetupCode(() => tell(null));
  const { needs_setup: needed } = await getSetupState({ database });
  tell(needed ? code.current() : null);
  return code;
}

function planOf(settings: ControlPlaneSettings) {
  return planTls(settings, settings.VIRIDIAN_HOST, settings.VIRIDIAN_DOMAIN);
}

/** Callers from other machines are pointed to TLS where it is on; on loopback nobody listens in. */
function gatewayAddress(settings: ControlPlaneSettings): Pick<ApiContext, 'gatewayPort' | 'gatewayUrl'> {
  const { VIRIDIAN_HOST: host, VIRIDIAN_GATEWAY_PORT: port } = settings;
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  const isSecure = planOf(settings).kind !== 'off' && !isLoopbackHost(host);
  const gatewayUrl = isSecure ? `https://${shown}:${settings.VIRIDIAN_GATEWAY_TLS_PORT}` : `http://${shown}:${port}`;
  return { gatewayPort: port, gatewayUrl };
}

async function freeBytesAt(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

async function listen(context: ApiContext, process: ControlPlaneProcess) {
  const { settings, logger } = process;
  const now = (): number => systemClock.now();
  const studioToken = settings.VIRIDIAN_STUDIO_TOKEN ?? null;
  const server = createApiServer({
    routes: allRoutes(context),
    version: process.version,
    clock: systemClock,
    logger,
    ...createRequestAuthentication({ database: context.database, studioToken, now }),
    replay: (request, run) => context.answers.replay(request, run),
    anonymous: SYSTEM_ACTOR,
    checkAnswers: process.checkAnswers ?? false,
  });
  await server.listen({ host: '127.0.0.1', port: settings.VIRIDIAN_API_PORT });
  return {
    port: (server.server.address() as AddressInfo).port,
    async stop() {
      const cut = setTimeout(() => server.server.closeAllConnections(), DRAIN_MS);
      await server.close();
      clearTimeout(cut);
    },
  };
}
