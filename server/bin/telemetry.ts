import { systemClock } from '#server/kernel/clock.ts';
import { ConfigError, dataDirConfig, parseConfig } from '#server/kernel/config.ts';
import { ensureDataDir } from '#server/kernel/data-dir.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { failToStart, tellSupervisor } from '#server/kernel/process-link.ts';
import { telemetryConfig } from '#server/telemetry/telemetry-config.ts';
import { startTelemetry } from '#server/telemetry/telemetry-process.ts';
import { SocketTakenError } from '#server/kernel/listen-on-socket.ts';

const MIB = 1024 * 1024;

/** Telemetry: takes request records and resource samples in and answers metric queries, on a Unix socket in the data directory. */
async function main(): Promise<void> {
  try {
    const config = parseConfig({ ...dataDirConfig, ...telemetryConfig }, process.env);
    const dataDir = ensureDataDir(config.VIRIDIAN_DATA_DIR);
    const logger = createLogger('telemetry', config.VIRIDIAN_LOG_LEVEL);
    const telemetry = await startTelemetry({
      folder: dataDir.telemetry,
      socketPath: dataDir.telemetrySocket,
      clock: systemClock,
      logger,
      limits: {
        diskBytes: config.VIRIDIAN_TELEMETRY_MAX_MIB * MIB,
        reserveBytes: config.VIRIDIAN_TELEMETRY_RESERVE_MIB * MIB,
      },
    });

    let stopping = false;
    const stop = async (): Promise<void> => {
      if (stopping) return;
      stopping = true;
      await telemetry.stop();
      process.exit(0);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    process.on('disconnect', stop);
    tellSupervisor({ type: 'ready' });
    logger.info({ socket: dataDir.telemetrySocket }, 'Telemetry is ready');
  } catch (error) {
    if (error instanceof ConfigError) failToStart(error.message);
    if (error instanceof SocketTakenError) failToStart(`Telemetry cannot start: ${error.message}`);
    // A full disk or a folder that cannot be read now may be well later: the supervisor tries again.
    throw error;
  }
}

if (import.meta.main) await main();
