import type { TrafficWrite } from '#lib/contracts/endpoint.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { EndpointRecord } from '#server/domain/endpoint.ts';
import type { OperationRecord } from '#server/domain/operation.ts';
import { endpointPath } from '#server/domain/resource-path.ts';
import { isConfirmed, type RouteConfirmation } from '#server/domain/route-publisher.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { recordChange } from '#server/store/change-feed.ts';
import { insertOperation, supersedeOperations } from '#server/store/operation-store.ts';
import { applySplit, giveUpWaitingShares } from './apply-split.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { CommandContext } from './command-context.ts';
import { findLiveEndpointOrRefuse } from '#server/store/find-or-refuse.ts';

/** Longest wait for every gateway worker; after it the change goes on as an operation. */
const CONFIRM_MS = 2_000;

export interface SetTraffic {
  name: string;
  written: TrafficWrite;
  precondition: Precondition;
}

export interface SetTrafficOutcome {
  endpoint: EndpointRecord;
  confirmation: RouteConfirmation;
  /** What goes on where not every worker confirmed in time; null when all serve the split. */
  operation: OperationRecord | null;
}

/**
 * Sets an endpoint's split, and returns when every gateway worker serves it. A change that is still being confirmed is superseded.
 * @throws AppError `traffic.…`, `endpoint.not_found`, `endpoint.busy_deleting`, `request.precondition_failed`
 */
export async function setTraffic(
  context: Pick<CommandContext, 'database' | 'routes'>,
  actor: Actor,
  command: SetTraffic,
): Promise<SetTrafficOutcome> {
  const { name, written } = command;
  const object = endpointPath(name);
  authorize(actor, 'traffic.write', object);
  const endpoint = await context.database.transact(async (transaction) => {
    const current = await findLiveEndpointOrRefuse(transaction, name);
    checkPrecondition(command.precondition, current.revision);
    const { traffic, mirror_traffic: mirrorTraffic, reason } = written;
    const changed = await applySplit(transaction, actor, current, { traffic, mirrorTraffic, reason });
    if (traffic !== undefined) await giveUpWaitingShares(transaction, name);
    await supersedeOperations(transaction, name, null);
    if (changed !== current) {
      const detail = { traffic: changed.traffic, mirror_traffic: changed.mirrorTraffic };
      await recordAudit(transaction, { actor, action: 'traffic.update', object, detail });
    }
    return changed;
  });
  const confirmation = await context.routes.publishAndConfirm(CONFIRM_MS);
  if (isConfirmed(confirmation)) return { endpoint, confirmation, operation: null };
  const operation = await context.database.transact(async (transaction) => {
    // Wakes the reconcile loop, which ends the operation when the workers have confirmed.
    await recordChange(transaction, { resource: object, kind: 'updated', revision: endpoint.revision });
    return insertOperation(transaction, {
      kind: 'traffic.update',
      endpointName: name,
      deploymentName: null,
      actor: actor.name,
      targetRouteRevision: confirmation.revision,
    });
  });
  return { endpoint, confirmation, operation };
}
