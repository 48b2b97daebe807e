import type { Actor } from '#server/domain/actor.ts';
import type { OperationRecord } from '#server/domain/operation.ts';
import { endpointPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordActivity } from '#server/store/activity-store.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Transaction } from '#server/store/database.ts';
import { listDeployments, updateDeployment } from '#server/store/deployment-store.ts';
import { updateEndpoint } from '#server/store/endpoint-store.ts';
import { insertOperation, listRunningOperations, supersedeOperations } from '#server/store/operation-store.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { CommandContext } from './command-context.ts';
import { findEndpointOrRefuse } from '#server/store/find-or-refuse.ts';

export interface DeleteEndpoint {
  name: string;
  precondition: Precondition;
}

/** Asks for an endpoint and all its deployments to go. Asked again, it answers the deletion that is under way. */
export async function deleteEndpoint(
  context: Pick<CommandContext, 'database'>,
  actor: Actor,
  command: DeleteEndpoint,
): Promise<OperationRecord> {
  const { name } = command;
  authorize(actor, 'endpoint.delete', endpointPath(name));
  return context.database.transact(async (transaction) => {
    const endpoint = await findEndpointOrRefuse(transaction, name);
    checkPrecondition(command.precondition, endpoint.revision);
    const running = await findRunningDeletion(transaction, name);
    if (running !== null) return running;
    const operation = await insertOperation(transaction, {
      kind: 'endpoint.delete',
      endpointName: name,
      deploymentName: null,
      actor: actor.name,
    });
    const { revision } = await updateEndpoint(transaction, name, { desiredState: 'delete' });
    for (const deployment of await listDeployments(transaction, name)) {
      await supersedeOperations(transaction, name, deployment.name);
      await updateDeployment(transaction, deployment, { desiredState: 'delete', provisioningState: 'Deleting' });
    }
    await recordAudit(transaction, { actor, action: 'endpoint.delete', object: endpointPath(name) });
    await recordActivity(transaction, {
      endpointName: name,
      deploymentName: null,
      kind: 'delete',
      actor: actor.name,
      text: 'The endpoint is being deleted.',
      operationId: operation.id,
      revision,
    });
    return operation;
  });
}

async function findRunningDeletion(transaction: Transaction, name: string): Promise<OperationRecord | null> {
  const operations = await listRunningOperations(transaction, name);
  return operations.find(({ kind }) => kind === 'endpoint.delete') ?? null;
}
