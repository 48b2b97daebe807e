import { AppError } from '#server/kernel/app-error.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { DeploymentKey } from '#server/domain/deployment.ts';
import type { EndpointRecord } from '#server/domain/endpoint.ts';
import type { OperationRecord } from '#server/domain/operation.ts';
import { deploymentPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordActivity } from '#server/store/activity-store.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { updateDeployment } from '#server/store/deployment-store.ts';
import { findOperation, insertOperation } from '#server/store/operation-store.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { CommandContext } from './command-context.ts';
import { findDeploymentOrRefuse, findEndpointOrRefuse } from '#server/store/find-or-refuse.ts';

export interface DeleteDeployment {
  key: DeploymentKey;
  precondition: Precondition;
}

/**
 * Asks for a deployment to go. Asked again, it answers the deletion that is under way.
 * @throws AppError `deployment.has_traffic` while it takes live or mirrored traffic
 */
export async function deleteDeployment(
  context: Pick<CommandContext, 'database'>,
  actor: Actor,
  { key, precondition }: DeleteDeployment,
): Promise<OperationRecord> {
  const object = deploymentPath(key.endpointName, key.name);
  authorize(actor, 'deployment.delete', object);
  return context.database.transact(async (transaction) => {
    const deployment = await findDeploymentOrRefuse(transaction, key);
    const endpoint = await findEndpointOrRefuse(transaction, key.endpointName);
    checkPrecondition(precondition, deployment.revision);
    const newest = deployment.operationId === null ? null : await findOperation(transaction, deployment.operationId);
    if (deployment.desiredState === 'delete' && newest?.status === 'running') return newest;
    refuseWithTraffic(endpoint, key.name);
    const operation = await insertOperation(transaction, {
      kind: 'deployment.delete',
      endpointName: key.endpointName,
      deploymentName: key.name,
      actor: actor.name,
    });
    const intent = { desiredState: 'delete', provisioningState: 'Deleting', operationId: operation.id } as const;
    const { revision } = await updateDeployment(transaction, key, { ...intent, routeWhenReady: null });
    await recordAudit(transaction, { actor, action: 'deployment.delete', object, detail: { operation: operation.id } });
    await recordActivity(transaction, {
      endpointName: key.endpointName,
      deploymentName: key.name,
      kind: 'delete',
      actor: actor.name,
      text: `${key.name} is being deleted.`,
      operationId: operation.id,
      revision,
    });
    return operation;
  });
}

function refuseWithTraffic(endpoint: EndpointRecord, name: string): void {
  const live = endpoint.traffic[name] ?? 0;
  const mirrored = endpoint.mirrorTraffic[name] ?? 0;
  if (live === 0 && mirrored === 0) return;
  const what = live > 0 ? `${live} % of the live traffic` : `${mirrored} % of the mirrored traffic`;
  throw new AppError(
    'deployment.has_traffic',
    `Deployment "${name}" takes ${what}. Set its share to 0 first, then delete it.`,
    { details: { traffic_percent: live, mirror_percent: mirrored } },
  );
}
