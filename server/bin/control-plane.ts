import { join } from 'node:path';
import { ConfigError, parseConfig, type ParsedSlice } from '#server/kernel/config.ts';
import { type DataDir, ensureDataDir } from '#server/kernel/data-dir.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { failToStart, tellSupervisor } from '#server/kernel/process-link.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { controlPlaneSettings } from './control-plane/process-settings.ts';
import { startControlPlane } from './control-plane/start-control-plane.ts';
import { acquireSupervisorLock } from './supervisor/supervisor-lock.ts';

type Settings = ParsedSlice<typeof controlPlaneSettings>;

/** The control plane: REST API, database, reconciling. */
async function main(): Promise<void> {
  const settings = readSettings();
  const dataDir = ensureDataDir(settings.VIRIDIAN_DATA_DIR);
  const logger = createLogger('control_plane', settings.VIRIDIAN_LOG_LEVEL);

  // One process at a time opens the database and converges the world; a supervisor's lock does not cover one that was started by hand.
  const lock = await lockDatabase(dataDir);

  const running = await startControlPlane({
    settings,
    dataDir,
    root: join(import.meta.dirname, '..', '..'),
    version: packageJson.version,
    dockerHost: process.env['DOCKER_HOST'],
    searchPath: process.env['PATH'],
    compileCache: process.env['NODE_COMPILE_CACHE'],
    logger,
    onSetupCode(code) {
      tellSupervisor({ type: 'setup_code', code });
      if (code !== null && process.send === undefined) process.stdout.write(`One-time set-up code: ${code}\n`);
    },
  }).catch(async (error: unknown) => {
    await lock.release();
    logger.error({ err: error }, 'The control plane cannot start');
    return failToStart(explain(error, settings));
  });

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await running.stop();
    await lock.release();
    process.exit(0);
  };
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(event, () => void stop());
  tellSupervisor({ type: 'ready', port: running.port });
  logger.info({ port: running.port }, 'The API answers');
}

async function lockDatabase(dataDir: DataDir) {
  const outcome = await acquireSupervisorLock(`${dataDir.database}.lock`);
  if (outcome.kind === 'held') return outcome;
  return failToStart(`A control plane already runs on ${dataDir.root} (pid ${outcome.by.pid}).`);
}

function readSettings(): Settings {
  try {
    return parseConfig(controlPlaneSettings, process.env);
  } catch (error) {
    if (error instanceof ConfigError) failToStart(error.message);
    throw error;
  }
}

function explain(error: unknown, settings: Settings): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return `Port ${settings.VIRIDIAN_API_PORT} of the API is taken. Set VIRIDIAN_API_PORT to another one, or to 0 for any.`;
  }
  return `The control plane cannot start: ${message}`;
}

if (import.meta.main) await main();
