import { AppError } from '#server/kernel/app-error.ts';
import type { EndpointKeys } from '#lib/contracts/endpoint.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { KeySlot } from '#server/domain/endpoint.ts';
import { endpointPath } from '#server/domain/resource-path.ts';
import { isConfirmed } from '#server/domain/route-publisher.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordActivity } from '#server/store/activity-store.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { updateEndpoint } from '#server/store/endpoint-store.ts';
import type { CommandContext } from './command-context.ts';
import { createEndpointKeyValue, saveKeyValue } from './create-endpoint-key.ts';
import { findLiveEndpointOrRefuse } from '#server/store/find-or-refuse.ts';
import { openKeys, refuseWithoutKeys } from './read-endpoint-keys.ts';

const CONFIRM_MS = 5_000;

export interface RegenerateEndpointKey {
  name: string;
  slot: KeySlot;
  /** Chosen by the caller; a random one otherwise. */
  value?: string | undefined;
}

/**
 * Replaces one key and answers the new pair once every gateway worker refuses the old one.
 * @throws AppError `traffic.not_confirmed` when a worker did not confirm: the key is replaced, but may still work there for a moment
 */
export async function regenerateEndpointKey(
  context: Pick<CommandContext, 'database' | 'masterKey' | 'routes'>,
  actor: Actor,
  command: RegenerateEndpointKey,
): Promise<EndpointKeys> {
  const { name, slot } = command;
  const object = endpointPath(name);
  authorize(actor, 'endpoint.regenerate_key', object);
  const keys = await context.database.transact(async (transaction) => {
    refuseWithoutKeys(await findLiveEndpointOrRefuse(transaction, name));
    await saveKeyValue(transaction, context.masterKey, name, slot, command.value ?? createEndpointKeyValue());
    const { revision } = await updateEndpoint(transaction, name, {});
    await recordAudit(transaction, { actor, action: 'endpoint.regenerate_key', object, detail: { key_type: slot } });
    await recordActivity(transaction, {
      endpointName: name,
      deploymentName: null,
      kind: 'key',
      actor: actor.name,
      text: `The ${slot} key was replaced.`,
      operationId: null,
      revision,
    });
    return openKeys(transaction, context.masterKey, name);
  });
  const confirmation = await context.routes.publishAndConfirm(CONFIRM_MS);
  if (!isConfirmed(confirmation)) refuseUnconfirmed(slot, confirmation.confirmed, confirmation.total);
  return keys;
}

function refuseUnconfirmed(slot: KeySlot, confirmed: number, total: number): never {
  const where = total === 0 ? 'The gateway is not connected' : `${confirmed} of ${total} gateway workers confirmed`;
  throw new AppError(
    'traffic.not_confirmed',
    `The ${slot} key was replaced, but the old one may still work for a moment: ${where}. Read the keys to get the new one.`,
    { retryAfterSeconds: 2 },
  );
}
