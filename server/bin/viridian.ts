import { join } from 'node:path';
import {
  accessConfig,
  administratorConfig,
  ConfigError,
  dataDirConfig,
  gatewayConfig,
  listenConfig,
  parseConfig,
} from '#server/kernel/config.ts';
import { ensureDataDir } from '#server/kernel/data-dir.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { tlsConfig } from '#server/tls/tls-config.ts';
import { superviseViridian } from './supervisor/supervise-viridian.ts';

const settings = {
  ...dataDirConfig,
  ...listenConfig,
  ...gatewayConfig,
  ...administratorConfig,
  ...accessConfig,
  ...tlsConfig,
};

/** The supervisor: what `npm start` runs. `--stop-instances` ends model instances too when it is told to stop. */
async function main(): Promise<void> {
  try {
    const config = parseConfig(settings, process.env);
    process.exitCode = await superviseViridian({
      config,
      environment: process.env,
      dataDir: ensureDataDir(config.VIRIDIAN_DATA_DIR),
      root: join(import.meta.dirname, '..', '..'),
      stopInstances: process.argv.includes('--stop-instances'),
      logger: createLogger('supervisor', config.VIRIDIAN_LOG_LEVEL),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 78;
  }
}

if (import.meta.main) await main();
