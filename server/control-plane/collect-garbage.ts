import type { Logger } from '#server/kernel/logger.ts';
import type { RuntimeDriver } from '#server/drivers/runtime-driver.ts';
import type { Reader } from '#server/store/database.ts';
import { listAllInstances } from '#server/store/instance-store.ts';
import { removeInBackground } from './remove-in-background.ts';

/**
 * Removes instances that carry our mark and that no row owns. A row is written before its instance is started and removed after it is gone, so
 * whatever has none is left over, for example from a database that was put back from a backup. Returns their ids.
 */
export async function collectGarbage(reader: Reader, driver: RuntimeDriver, logger: Logger): Promise<string[]> {
  const actual = await driver.observe();
  const owned = new Set((await listAllInstances(reader)).map(({ id }) => id));
  const unowned = actual.map(({ instanceId }) => instanceId).filter((id) => !owned.has(id));
  for (const id of unowned) removeInBackground(driver, id, logger);
  return unowned;
}
