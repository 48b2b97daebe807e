import { AppError } from '#server/kernel/app-error.ts';
import type { EndpointKeys } from '#lib/contracts/endpoint.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { EndpointRecord, KeySlot } from '#server/domain/endpoint.ts';
import { endpointPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { openValue } from '#server/secrets/sealed-value.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Reader } from '#server/store/database.ts';
import { listEndpointKeys } from '#server/store/endpoint-store.ts';
import type { CommandContext } from './command-context.ts';
import { keyContext } from './create-endpoint-key.ts';
import { findEndpointOrRefuse } from '#server/store/find-or-refuse.ts';

/** Opens the keys of an endpoint. A command because it is written into the audit log first: no entry, no keys. */
export async function readEndpointKeys(
  context: Pick<CommandContext, 'database' | 'masterKey'>,
  actor: Actor,
  name: string,
): Promise<EndpointKeys> {
  const object = endpointPath(name);
  authorize(actor, 'endpoint.read_keys', object);
  return context.database.transact(async (transaction) => {
    refuseWithoutKeys(await findEndpointOrRefuse(transaction, name));
    await recordAudit(transaction, { actor, action: 'endpoint.read_keys', object });
    return openKeys(transaction, context.masterKey, name);
  });
}

/** @throws AppError `endpoint.no_keys` */
export function refuseWithoutKeys(endpoint: EndpointRecord): void {
  if (endpoint.authMode === 'key') return;
  throw new AppError(
    'endpoint.no_keys',
    `Endpoint "${endpoint.name}" is called with tokens (${endpoint.authMode}), not keys.`,
  );
}

export async function openKeys(reader: Reader, masterKey: Buffer, name: string): Promise<EndpointKeys> {
  const keys = await listEndpointKeys(reader, name);
  const open = (slot: KeySlot): string => {
    const key = keys.find((one) => one.slot === slot);
    if (key === undefined) throw new Error(`Endpoint ${name} has no ${slot} key.`);
    return openValue(masterKey, keyContext(name, slot), key.ciphertext);
  };
  return { primary_key: open('primary'), secondary_key: open('secondary') };
}
