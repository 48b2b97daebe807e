import type { Logger } from '#server/kernel/logger.ts';
import { DriverStoppedError, type RuntimeDriver } from '#server/drivers/runtime-driver.ts';

/**
 * Starts a removal and does not wait: it may take as long as the longest request. The driver hints when it is done, and a removal that failed is
 * asked for again by the next pass.
 */
export function removeInBackground(driver: RuntimeDriver, instanceId: string, logger: Logger): void {
  driver.remove(instanceId).catch((error: unknown) => {
    if (error instanceof DriverStoppedError) return;
    logger.error({ err: error, instance: instanceId }, 'An instance could not be removed');
  });
}
