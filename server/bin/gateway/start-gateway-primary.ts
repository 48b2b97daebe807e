import { systemClock } from '#server/kernel/clock.ts';
import { ConfigError, dataDirConfig, gatewayConfig, listenConfig, parseConfig } from '#server/kernel/config.ts';
import { type DataDir, ensureDataDir } from '#server/kernel/data-dir.ts';
import { createLogger, type Logger } from '#server/kernel/logger.ts';
import { failToStart, tellSupervisor } from '#server/kernel/process-link.ts';
import { runGatewayPrimary } from '#server/gateway/gateway-primary.ts';
import { ensureSecretFile } from '../supervisor/secret-file.ts';
import { openCertificateSource } from '#server/tls/certificate-source.ts';
import { planTls, tlsConfig } from '#server/tls/tls-config.ts';

/** Reads the settings, runs the primary and listens to signals: SIGTERM drains everything, SIGHUP replaces the workers. */
export async function startGatewayPrimary(): Promise<void> {
  const config = readConfig();
  const logger = createLogger('gateway', config.VIRIDIAN_LOG_LEVEL);
  const dataDir = ensureDataDir(config.VIRIDIAN_DATA_DIR);
  const primary = await runGatewayPrimary({
    tls: await openTls(config, dataDir, logger),
    host: config.VIRIDIAN_HOST,
    port: config.VIRIDIAN_GATEWAY_PORT,
    workers: config.VIRIDIAN_GATEWAY_WORKERS,
    badKeysPerMinute: config.VIRIDIAN_GATEWAY_BAD_KEYS_PER_MINUTE,
    domain: config.VIRIDIAN_DOMAIN?.toLowerCase() ?? null,
    dataDir,
    logger,
    upstreamKey: await ensureSecretFile(dataDir.upstreamKey),
    onReady: (port, tlsPort) => tellSupervisor({ type: 'ready', port, ...(tlsPort !== null && { tlsPort }) }),
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

type Config = ReturnType<typeof readConfig>;

/** Certificates that cannot be served end the start: the operator's mistake, told at once. */
async function openTls(config: Config, dataDir: DataDir, logger: Logger) {
  const { plan } = config;
  if (plan.kind === 'off') return null;
  const source = await openCertificateSource({
    plan,
    host: config.VIRIDIAN_HOST,
    domain: config.VIRIDIAN_DOMAIN?.toLowerCase() ?? null,
    localCa: dataDir.localCa,
    acmeFolder: dataDir.acme,
    clock: systemClock,
    logger,
  }).catch((error: unknown) => failToStart(`The gateway cannot serve TLS: ${(error as Error).message}`));
  return { port: config.VIRIDIAN_GATEWAY_TLS_PORT, source };
}

function readConfig() {
  try {
    const config = parseConfig({ ...dataDirConfig, ...listenConfig, ...gatewayConfig, ...tlsConfig }, process.env);
    return { ...config, plan: planTls(config, config.VIRIDIAN_HOST, config.VIRIDIAN_DOMAIN) };
  } catch (error) {
    if (error instanceof ConfigError) failToStart(error.message);
    throw error;
  }
}
