import { AppError } from '#server/kernel/app-error.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { DeploymentKey, DeploymentRecord } from '#server/domain/deployment.ts';
import type { OperationRecord } from '#server/domain/operation.ts';
import { deploymentPath } from '#server/domain/resource-path.ts';
import { hashSpec } from '#server/domain/spec-hash.ts';
import { listUnneededStages } from '#server/domain/untouched-stages.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordActivity } from '#server/store/activity-store.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { updateDeployment } from '#server/store/deployment-store.ts';
import { insertOperation } from '#server/store/operation-store.ts';
import type { CommandContext } from './command-context.ts';
import { findDeploymentOrRefuse, findLiveEndpointOrRefuse } from '#server/store/find-or-refuse.ts';

/**
 * Asks for every instance to be replaced by a new one of the same spec, new ones first, so that no request fails.
 * @param allTraffic take all live traffic once ready, as a creation that failed was to; else what was promised before stays
 */
export async function restartDeployment(
  context: Pick<CommandContext, 'database'>,
  actor: Actor,
  key: DeploymentKey,
  allTraffic = false,
): Promise<OperationRecord> {
  const object = deploymentPath(key.endpointName, key.name);
  authorize(actor, 'deployment.restart', object);
  return context.database.transact(async (transaction) => {
    await findLiveEndpointOrRefuse(transaction, key.endpointName);
    const deployment = await findDeploymentOrRefuse(transaction, key);
    refuseDeleted(deployment);
    const generation = deployment.generation + 1;
    const specHash = hashSpec(deployment.spec, generation);
    const operation = await insertOperation(transaction, {
      kind: 'deployment.restart',
      endpointName: key.endpointName,
      deploymentName: key.name,
      actor: actor.name,
      targetSpecHash: specHash,
      untouched: listUnneededStages(deployment.spec),
    });
    const { revision } = await updateDeployment(transaction, key, {
      generation,
      specHash,
      operationId: operation.id,
      provisioningState: deployment.goodState === null ? 'Creating' : 'Updating',
      error: null,
      ...(allTraffic && { routeWhenReady: 100 }),
    });
    await recordAudit(transaction, {
      actor,
      action: 'deployment.restart',
      object,
      detail: { operation: operation.id },
    });
    await recordActivity(transaction, {
      endpointName: key.endpointName,
      deploymentName: key.name,
      kind: 'restart',
      actor: actor.name,
      text: `The instances of ${key.name} are being replaced.`,
      operationId: operation.id,
      revision,
    });
    return operation;
  });
}

function refuseDeleted(deployment: DeploymentRecord): void {
  if (deployment.desiredState === 'run') return;
  throw new AppError('deployment.not_found', `Deployment "${deployment.name}" is being deleted.`);
}
