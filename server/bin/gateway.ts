import cluster from 'node:cluster';
import { ConfigError, dataDirConfig, gatewayConfig, listenConfig, parseConfig } from '#server/kernel/config.ts';
import { ensureDataDir } from '#server/kernel/data-dir.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { failToStart, tellSupervisor } from '#server/kernel/process-link.ts';
import { runGatewayPrimary } from '#server/gateway/gateway-primary.ts';
import { runGatewayWorker } from '#server/gateway/gateway-worker.ts';
import type { ToWorker } from '#server/gateway/worker-messages.ts';

/** The gateway's processes: the first one started becomes the primary, the ones that it forks become workers. */
if (cluster.isPrimary) await startPrimary();
else startWorker();

async function startPrimary(): Promise<void> {
  const config = readConfig();
  const logger = createLogger('gateway', config.VIRIDIAN_LOG_LEVEL);
  const primary = await runGatewayPrimary({
    host: config.VIRIDIAN_HOST,
    port: config.VIRIDIAN_GATEWAY_PORT,
    workers: config.VIRIDIAN_GATEWAY_WORKERS,
    domain: config.VIRIDIAN_DOMAIN?.toLowerCase() ?? null,
    dataDir: ensureDataDir(config.VIRIDIAN_DATA_DIR),
    logger,
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

function startWorker(): void {
  // The primary decides when workers end; signals of the terminal reach the whole group.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
  runGatewayWorker(
    {
      send: (message) => void (process.connected && process.send?.(message)),
      onMessage: (listener) => process.on('message', (message) => listener(message as ToWorker)),
    },
    // What has just been sent to the primary leaves first.
    () => void setImmediate(() => process.exit(0)),
  );
}

function readConfig() {
  try {
    return parseConfig({ ...dataDirConfig, ...listenConfig, ...gatewayConfig }, process.env);
  } catch (error) {
    if (error instanceof ConfigError) failToStart(error.message);
    throw error;
  }
}
