import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import type {
  accessConfig,
  administratorConfig,
  dataDirConfig,
  gatewayConfig,
  listenConfig,
  ParsedSlice,
} from '#server/kernel/config.ts';
import type { DataDir } from '#server/kernel/data-dir.ts';
import { EXIT_CONFIG } from '#server/kernel/exit-status.ts';
import type { Logger } from '#server/kernel/logger.ts';
import type { ProcessMessage } from '#server/kernel/process-link.ts';
import { planTls, type TlsConfig } from '#server/tls/tls-config.ts';
import { keepProcess, type KeptProcess, type ProcessKeeper } from './process-keeper.ts';
import { createPortsFile, type ProcessPids } from './ports-file.ts';
import { PortTakenError, resolvePorts, type ResolvedPorts, type WantedPort } from './resolve-ports.ts';
import { ensureSecretFile } from './secret-file.ts';
import { stopOrphans } from './stop-orphans.ts';
import { acquireSupervisorLock } from './supervisor-lock.ts';
import { waitForHttp } from './wait-for-http.ts';

type Settings = ParsedSlice<
  typeof dataDirConfig & typeof listenConfig & typeof gatewayConfig & typeof administratorConfig & typeof accessConfig
> &
  TlsConfig;

export interface Supervision {
  config: Settings;
  environment: NodeJS.ProcessEnv;
  dataDir: DataDir;
  /** Folder of package.json. */
  root: string;
  stopInstances: boolean;
  logger: Logger;
}

/**
 * A young generation of 4 MiB halves: processes that are mostly idle hold 100 MiB less, and pay with more frequent short collections. Not for the
 * gateway, which is all short-lived objects.
 */
const LEAN_HEAP = '--max-semi-space-size=4';

/** Runs the four processes until a signal says stop. Returns the exit status. */
export async function superviseViridian(supervision: Supervision): Promise<number> {
  const { dataDir, logger } = supervision;
  const lock = await acquireSupervisorLock(dataDir.supervisorLock);
  if (lock.kind === 'taken') {
    const text = `Viridian already runs on ${dataDir.root} (pid ${lock.by.pid}). Stop it first, or set VIRIDIAN_DATA_DIR to another folder.`;
    process.stderr.write(`${text}\n`);
    return EXIT_CONFIG;
  }
  try {
    const orphans = await stopOrphans(dataDir.portsFile, supervision.root);
    if (orphans.length > 0) logger.warn({ pids: orphans }, 'stopped processes that an earlier supervisor left behind');
    return await runUntilSignal(supervision);
  } catch (error) {
    if (!(error instanceof PortTakenError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT_CONFIG;
  } finally {
    await lock.release();
  }
}

async function runUntilSignal(supervision: Supervision): Promise<number> {
  const { dataDir, logger, config } = supervision;
  const stopSignal = listenForStopSignal();
  const ports = await resolvePorts(listPorts(config));
  logger.info({ settings: redact(config), ports }, 'starting');
  const portsFile = createPortsFile(dataDir.portsFile, ports);
  let setupCode: string | null = null;
  const apiUp = Promise.withResolvers<void>();

  const events = {
    onPid: (name: string, pid: number | null) => void portsFile.update({ [name]: pid } as Partial<ProcessPids>),
    onMessage(name: string, message: ProcessMessage) {
      if (message.type === 'workers' && name === 'gateway') void portsFile.update({ gateway_workers: message.pids });
      if (message.type === 'setup_code') setupCode = message.code;
      if (message.type === 'ready' && name === 'control_plane') apiUp.resolve();
    },
  };
  const keepers = (await describeProcesses(supervision, ports, apiUp.promise)).map((spec) =>
    keepProcess(spec, events, logger),
  );

  const outcome = await Promise.race([
    Promise.all(keepers.map((keeper) => keeper.firstReady)).then(() => 'ready' as const),
    stopSignal.then(() => 'stopped' as const),
  ]).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));

  if (outcome === 'ready') {
    process.stdout.write(`Viridian is ready at http://${formatHost(config.VIRIDIAN_HOST)}:${ports.studio}\n`);
    if (setupCode !== null) process.stdout.write(`Open it and enter this one-time set-up code: ${setupCode}\n`);
    flushCompileCache();
    await stopSignal;
  }
  await stopInOrder(keepers);
  await portsFile.remove();
  if (outcome instanceof Error) process.stderr.write(`${outcome.message}\n`);
  return outcome instanceof Error ? EXIT_CONFIG : 0;
}

function listPorts(config: Settings): WantedPort[] {
  const { VIRIDIAN_HOST: host } = config;
  const tls: WantedPort = {
    name: 'gateway_tls',
    setting: 'VIRIDIAN_GATEWAY_TLS_PORT',
    host,
    port: config.VIRIDIAN_GATEWAY_TLS_PORT,
  };
  return [
    { name: 'studio', setting: 'VIRIDIAN_STUDIO_PORT', host, port: config.VIRIDIAN_STUDIO_PORT },
    { name: 'gateway', setting: 'VIRIDIAN_GATEWAY_PORT', host, port: config.VIRIDIAN_GATEWAY_PORT },
    ...(planTls(config, host, config.VIRIDIAN_DOMAIN).kind === 'off' ? [] : [tls]),
    { name: 'api', setting: 'VIRIDIAN_API_PORT', host: '127.0.0.1', port: config.VIRIDIAN_API_PORT },
  ];
}

/** SIGINT and SIGTERM stop; a second one does not cut the drain short, since each process has its own limit. */
function listenForStopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => resolve());
  });
}

/** Nobody new comes in first, then predictions end, then the world is left alone, then the last records are written. */
async function stopInOrder(keepers: readonly ProcessKeeper[]): Promise<void> {
  for (const keeper of keepers.toReversed()) await keeper.stop();
}

/**
 * In the order in which they depend on each other: each is stopped after the ones behind it.
 * @param apiUp resolves when the control plane answers for the first time: a page that is asked for earlier reports one that is down
 */
async function describeProcesses(
  supervision: Supervision,
  ports: ResolvedPorts,
  apiUp: Promise<void>,
): Promise<KeptProcess[]> {
  const { root, dataDir, config, environment } = supervision;
  const entry = (file: string): string => join(root, 'server', 'bin', file);
  const secrets = {
    VIRIDIAN_STUDIO_TOKEN: await ensureSecretFile(dataDir.studioToken),
    VIRIDIAN_SESSION_SECRET: await ensureSecretFile(dataDir.sessionSecret),
  };
  const listening = {
    VIRIDIAN_HOST: config.VIRIDIAN_HOST,
    VIRIDIAN_STUDIO_PORT: String(ports.studio),
    VIRIDIAN_GATEWAY_PORT: String(ports.gateway),
    ...(ports.gateway_tls !== undefined && { VIRIDIAN_GATEWAY_TLS_PORT: String(ports.gateway_tls) }),
    VIRIDIAN_API_PORT: String(ports.api),
  };
  // `npm start` names a place where everything is compiled already.
  const compiled = { NODE_COMPILE_CACHE: environment['NODE_COMPILE_CACHE'] ?? dataDir.compileCache };
  const shared = { ...environment, ...listening, ...compiled };
  const studioUrl = `http://${formatHost(config.VIRIDIAN_HOST)}:${ports.studio}`;
  return [
    {
      name: 'telemetry',
      args: [LEAN_HEAP, entry('telemetry.ts')],
      cwd: root,
      environment: shared,
      stopTimeoutMs: 10_000,
    },
    {
      name: 'control_plane',
      args: [LEAN_HEAP, entry('control-plane.ts')],
      cwd: root,
      environment: {
        ...shared,
        VIRIDIAN_STUDIO_TOKEN: secrets.VIRIDIAN_STUDIO_TOKEN,
        ...(supervision.stopInstances && { VIRIDIAN_STOP_INSTANCES: 'true' }),
      },
      stopTimeoutMs: 20_000,
    },
    { name: 'gateway', args: [entry('gateway.ts')], cwd: root, environment: shared, stopTimeoutMs: 40_000 },
    {
      name: 'studio',
      args: [
        LEAN_HEAP,
        join(root, 'node_modules', 'next', 'dist', 'bin', 'next'),
        'start',
        '--hostname',
        config.VIRIDIAN_HOST,
        '--port',
        String(ports.studio),
      ],
      cwd: root,
      environment: {
        ...withoutViridianSettings(environment),
        ...listening,
        ...compiled,
        ...secrets,
        NODE_ENV: 'production',
      },
      async waitUntilReady(_pid, signal) {
        await apiUp;
        await waitForHttp(new URL('/sign-in', studioUrl), signal);
      },
      stopTimeoutMs: 10_000,
    },
  ];
}

/** The studio never sees the administrator's password, keys or paths of the data directory. */
function withoutViridianSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(
    ([name]) => !name.startsWith('VIRIDIAN_') || name === 'VIRIDIAN_NEXT_DIST_DIR',
  );
  return { ...Object.fromEntries(kept), NODE_ENV: 'production' };
}

/** An address that a browser on this host can open. */
function formatHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function redact(config: Settings): Record<string, unknown> {
  const secret = /PASSWORD|API_KEY|TOKEN|SECRET/;
  const shown = Object.entries(config).map(([name, value]) => [
    name,
    secret.test(name) && value !== undefined ? '[redacted]' : value,
  ]);
  return Object.fromEntries(shown);
}
