import { createHash, randomBytes } from 'node:crypto';
import type { KeySlot } from '#server/domain/endpoint.ts';
import { sealValue } from '#server/secrets/sealed-value.ts';
import type { Transaction } from '#server/store/database.ts';
import { saveEndpointKey } from '#server/store/endpoint-store.ts';

/** What a sealed key is bound to, so that one copied to another endpoint does not open. */
export const keyContext = (endpoint: string, slot: KeySlot): string => `endpoint/${endpoint}/${slot}`;

/** `vek_` and 256 random bits: recognisable by scanners, not guessable by anybody. */
export const createEndpointKeyValue = (): string => `vek_${randomBytes(32).toString('base64url')}`;

export async function saveKeyValue(
  transaction: Transaction,
  masterKey: Buffer,
  endpoint: string,
  slot: KeySlot,
  value: string,
): Promise<void> {
  await saveEndpointKey(transaction, endpoint, slot, {
    ciphertext: sealValue(masterKey, keyContext(endpoint, slot), value),
    sha256: createHash('sha256').update(value).digest('hex'),
  });
}
