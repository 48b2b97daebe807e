import { ConfigError, dataDirConfig, gatewayConfig, listenConfig, parseConfig } from '#server/kernel/config.ts';
import { dataDirPaths, ensureDataDir } from '#server/kernel/data-dir.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { failToStart, tellSupervisor } from '#server/kernel/process-link.ts';
import { runGatewayPrimary } from '#server/gateway/gateway-primary.ts';
import { ensureSecretFile } from '../supervisor/secret-file.ts';

/** Reads the settings, runs the primary and listens to signals: SIGTERM drains everything, SIGHUP replaces the workers. */
export async function startGatewayPrimary(): Promise<void> {
  const config = readConfig();
  const logger = createLogger('gateway', config.VIRIDIAN_LOG_LEVEL);
  const primary = await runGatewayPrimary({
    host: config.VIRIDIAN_HOST,
    port: config.VIRIDIAN_GATEWAY_PORT,
    workers: config.VIRIDIAN_GATEWAY_WORKERS,
    domain: config.VIRIDIAN_DOMAIN?.toLowerCase() ?? null,
    dataDir: ensureDataDir(config.VIRIDIAN_DATA_DIR),
    logger,
    upstreamKey: await ensureSecretFile(dataDirPaths(config.VIRIDIAN_DATA_DIR).upstreamKey),
    onReady: (port) => tellSupervisor({ type: 'ready', port }),
    onWorkerPids: (pids) => tellSupervisor({ type: 'workers', pids }),
    onListenFailed: failToStart,
  }).catch((error: unknown) => failToStart(`The gateway cannot start: ${(error as Error).message}`));

  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      void primary.stop().finally(() => process.exit(0));
    });
  }
  process.on('SIGHUP', () => void primary.replaceWorkers());
  // A supervisor that is gone is no reason to stop answering predictions.
  process.on('disconnect', () => logger.warn('the supervisor is gone; serving on'));
}

function readConfig() {
  try {
    return parseConfig({ ...dataDirConfig, ...listenConfig, ...gatewayConfig }, process.env);
  } catch (error) {
    if (error instanceof ConfigError) failToStart(error.message);
    throw error;
  }
}
