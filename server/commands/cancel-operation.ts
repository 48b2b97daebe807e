import { AppError } from '#server/kernel/app-error.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { OperationRecord } from '#server/domain/operation.ts';
import { operationPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordActivity } from '#server/store/activity-store.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Transaction } from '#server/store/database.ts';
import {
  findDeployment,
  listDeployments,
  updateDeployment,
  type DeploymentIntent,
} from '#server/store/deployment-store.ts';
import { findEndpoint, setTraffic, updateEndpoint } from '#server/store/endpoint-store.ts';
import { findOperation, finishOperation } from '#server/store/operation-store.ts';
import { listTrafficHistory } from '#server/store/traffic-history-store.ts';
import type { CommandContext } from './command-context.ts';

/**
 * Ends a running operation and puts back what was wanted before it: the last good spec of an update, nothing of a creation, the object itself
 * of a deletion, the earlier split of a change of traffic.
 * @throws AppError `operation.not_found`, `operation.already_finished`
 */
export async function cancelOperation(
  context: Pick<CommandContext, 'database'>,
  actor: Actor,
  id: string,
): Promise<OperationRecord> {
  authorize(actor, 'operation.cancel', operationPath(id));
  return context.database.transact(async (transaction) => {
    const operation = await findOperation(transaction, id);
    if (operation === null) throw new AppError('operation.not_found', `There is no operation "${id}".`);
    if (operation.status !== 'running') {
      throw new AppError('operation.already_finished', `The operation has already ended: it ${operation.status}.`);
    }
    await finishOperation(transaction, id, 'canceled', null);
    await rollBack(transaction, actor, operation);
    await recordAudit(transaction, {
      actor,
      action: 'operation.cancel',
      object: operation.resource,
      detail: { operation: id },
    });
    await note(transaction, actor, operation);
    return (await findOperation(transaction, id)) ?? operation;
  });
}

async function rollBack(transaction: Transaction, actor: Actor, operation: OperationRecord): Promise<void> {
  switch (operation.kind) {
    case 'deployment.create':
    case 'deployment.update':
    case 'deployment.restart':
      return rollBackDeployment(transaction, operation);
    case 'deployment.delete':
      return keepDeployment(transaction, operation);
    case 'endpoint.delete':
      return keepEndpoint(transaction, operation.endpointName);
    case 'traffic.update':
      return restoreSplit(transaction, actor, operation.endpointName);
    case 'model.register':
      // Whoever fetches the files notices, and clears away.
      return;
  }
}

async function rollBackDeployment(transaction: Transaction, operation: OperationRecord): Promise<void> {
  const deployment = await findOwnDeployment(transaction, operation);
  if (deployment === null) return;
  const { goodState } = deployment;
  const intent: DeploymentIntent =
    goodState === null
      ? { desiredState: 'delete', provisioningState: 'Deleting', routeWhenReady: null }
      : { ...goodState, provisioningState: 'Canceled', error: null, routeWhenReady: null };
  await updateDeployment(transaction, deployment, intent);
}

async function keepDeployment(transaction: Transaction, operation: OperationRecord): Promise<void> {
  const deployment = await findOwnDeployment(transaction, operation);
  if (deployment === null) return;
  await updateDeployment(transaction, deployment, { desiredState: 'run', provisioningState: 'Canceled' });
}

/** An endpoint that stays keeps its deployments, those that were being deleted by themselves included: they can be deleted again. */
async function keepEndpoint(transaction: Transaction, name: string): Promise<void> {
  if ((await findEndpoint(transaction, name)) === null) return;
  await updateEndpoint(transaction, name, { desiredState: 'run' });
  for (const deployment of await listDeployments(transaction, name)) {
    await updateDeployment(transaction, deployment, { desiredState: 'run', provisioningState: 'Canceled' });
  }
}

async function restoreSplit(transaction: Transaction, actor: Actor, name: string): Promise<void> {
  if ((await findEndpoint(transaction, name)) === null) return;
  const [, earlier] = await listTrafficHistory(transaction, name, { before: null, limit: 2 });
  const { traffic = {}, mirrorTraffic = {} } = earlier ?? {};
  const existing = new Set((await listDeployments(transaction, name)).map((deployment) => deployment.name));
  const gone = Object.keys(traffic).some((deployment) => !existing.has(deployment));
  if (gone) return;
  await setTraffic(transaction, name, { traffic, mirrorTraffic }, { actor: actor.name, reason: 'Cancelled' });
}

async function findOwnDeployment(transaction: Transaction, { endpointName, deploymentName }: OperationRecord) {
  return deploymentName === null ? null : findDeployment(transaction, { endpointName, name: deploymentName });
}

async function note(transaction: Transaction, actor: Actor, operation: OperationRecord): Promise<void> {
  const { endpointName, deploymentName } = operation;
  if ((await findEndpoint(transaction, endpointName)) === null) return;
  await recordActivity(transaction, {
    endpointName,
    deploymentName,
    kind: 'config',
    actor: actor.name,
    text: `The ${operation.kind.replace('.', ' ')} of ${deploymentName ?? endpointName} was cancelled.`,
    operationId: operation.id,
    revision: null,
  });
}
