import { AppError } from '#server/kernel/app-error.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { DeploymentKey } from '#server/domain/deployment.ts';
import type { OperationRecord } from '#server/domain/operation.ts';
import { deploymentPath } from '#server/domain/resource-path.ts';
import { listUnneededStages } from '#server/domain/untouched-stages.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordActivity } from '#server/store/activity-store.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { updateDeployment } from '#server/store/deployment-store.ts';
import { findDeploymentOrRefuse, findLiveEndpointOrRefuse } from '#server/store/find-or-refuse.ts';
import { listInstances, markInstance } from '#server/store/instance-store.ts';
import { insertOperation } from '#server/store/operation-store.ts';
import type { CommandContext } from './command-context.ts';

export interface RestartInstance {
  key: DeploymentKey;
  instanceId: string;
}

/**
 * Asks for one instance to be replaced by a new one of the same spec, which is ready before the old one goes; where there is no room for both, the
 * old one goes first. The others stay.
 */
export async function restartInstance(
  context: Pick<CommandContext, 'database'>,
  actor: Actor,
  { key, instanceId }: RestartInstance,
): Promise<OperationRecord> {
  const object = deploymentPath(key.endpointName, key.name);
  authorize(actor, 'deployment.restart', object);
  return context.database.transact(async (transaction) => {
    await findLiveEndpointOrRefuse(transaction, key.endpointName);
    const deployment = await findDeploymentOrRefuse(transaction, key);
    const instances = await listInstances(transaction, key.endpointName, key.name);
    const instance = instances.find(({ id, desired }) => id === instanceId && desired === 'run');
    if (deployment.desiredState !== 'run' || instance === undefined) {
      throw new AppError(
        'request.not_found',
        `Deployment "${key.name}" has no instance "${instanceId}" that is to run.`,
      );
    }
    const operation = await insertOperation(transaction, {
      kind: 'deployment.restart',
      endpointName: key.endpointName,
      deploymentName: key.name,
      actor: actor.name,
      targetSpecHash: deployment.specHash,
      untouched: listUnneededStages(deployment.spec),
    });
    // Another hash than the deployment's is what makes an instance one that is to be replaced.
    await markInstance(transaction, instance.id, { specHash: `${instance.specHash}-restart` });
    const { revision } = await updateDeployment(transaction, key, {
      operationId: operation.id,
      provisioningState: deployment.goodState === null ? 'Creating' : 'Updating',
      error: null,
    });
    const detail = { operation: operation.id, instance: instance.id };
    await recordAudit(transaction, { actor, action: 'deployment.restart', object, detail });
    await recordActivity(transaction, {
      endpointName: key.endpointName,
      deploymentName: key.name,
      kind: 'restart',
      actor: actor.name,
      text: `Instance ${instance.id.split('.').at(-1)} of ${key.name} is being replaced.`,
      operationId: operation.id,
      revision,
    });
    return operation;
  });
}
