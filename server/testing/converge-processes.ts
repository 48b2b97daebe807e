import { createProcessDriver } from '#server/drivers/process/process-driver.ts';
import { systemClock } from '#server/kernel/clock.ts';
import type { IntentStand } from './intents.ts';
import { noEnvironments } from './no-environments.ts';

/** @param program script that serves */
export const processStand = (program: string): IntentStand => ({
  compose: async ({ dataDir, logger }) => ({
    driver: createProcessDriver({
      instancesDir: dataDir.instances,
      logsDir: dataDir.logs,
      clock: systemClock,
      onError: (what, error) => logger.error({ err: error }, what),
    }),
    environments: noEnvironments,
  }),
  describe: async (_parts, version) => ({
    command: [process.execPath, program],
    environment_variables: { MODEL_VERSION: version },
    instance_type: 'cpu-1',
  }),
});
