import type { Logger } from '#server/kernel/logger.ts';
import type { DeploymentKey } from '#server/domain/deployment.ts';
import type { RuntimeDriver } from '#server/drivers/runtime-driver.ts';
import type { Reader } from '#server/store/database.ts';
import { listAllDeployments } from '#server/store/deployment-store.ts';
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

/**
 * Deployments that have neither a row nor an instance and that something is kept of: a crash came between the two, or an instance that nobody
 * owned wrote its last words after everything else was gone.
 */
export async function listLeftovers(reader: Reader, driver: RuntimeDriver): Promise<DeploymentKey[]> {
  const keyOf = (endpoint: string, name: string): string => `${endpoint}/${name}`;
  const kept = await driver.listKept();
  const alive = new Set([
    ...(await driver.observe()).map(({ endpoint, deployment }) => keyOf(endpoint, deployment)),
    ...(await listAllDeployments(reader)).map(({ endpointName, name }) => keyOf(endpointName, name)),
  ]);
  return kept
    .filter(({ endpoint, deployment }) => !alive.has(keyOf(endpoint, deployment)))
    .map(({ endpoint, deployment }) => ({ endpointName: endpoint, name: deployment }));
}
