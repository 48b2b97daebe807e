import type { Database } from '#server/store/database.ts';
import { findDeployment, writeDeploymentStatus } from '#server/store/deployment-store.ts';
import { writeInstanceObservation } from '#server/store/instance-store.ts';
import { finishOperation, updateStage } from '#server/store/operation-store.ts';
import type { DerivedStatus } from './derive-status.ts';

/** One transaction, so that nobody sees an operation that has succeeded beside a deployment that has not. */
export async function writeStatus(database: Database, status: DerivedStatus): Promise<void> {
  await database.transact(async (tx) => {
    for (const { id, observation } of status.instances) await writeInstanceObservation(tx, id, observation);
    for (const { observed, status: derived } of status.deployments) {
      // Of a deployment that somebody has changed meanwhile, this would be the state of a wish that no longer counts.
      const latest = await findDeployment(tx, observed);
      if (latest?.revision === observed.revision) await writeDeploymentStatus(tx, observed, derived);
    }
    for (const { id, updates, succeeded } of status.operations) {
      for (const { name, ...change } of updates) await updateStage(tx, id, name, change);
      if (succeeded) await finishOperation(tx, id, 'succeeded', null);
    }
  });
}
