'use server';

import type { ApiKeyCreated } from '#lib/contracts/identity.ts';
import type { TokenSigningKeyList } from '#lib/contracts/token-signing-key.ts';
import { apiPath } from '#lib/queries/fetch-json.ts';
import { type ActionResult, runAction } from '#server/studio/run-action.ts';

/** Makes a key. Its value is in the answer and nowhere else, ever. `expiresAt` null never expires. */
export async function createApiKey(name: string, expiresAt: string | null): Promise<ActionResult<ApiKeyCreated>> {
  return runAction({ path: '/api-keys', method: 'POST', body: { name, expires_at: expiresAt } });
}

export async function revokeApiKey(id: string): Promise<ActionResult<void>> {
  return runAction({ path: apiPath('api-keys', id), method: 'DELETE' });
}

/** Signs endpoint tokens with a new key from now on. @param revoke refuse every token that was issued before, in every gateway worker */
export async function rotateSigningKey(revoke: boolean): Promise<ActionResult<TokenSigningKeyList>> {
  return runAction({ path: '/token-signing-keys/rotate', method: 'POST', body: { revoke_issued_tokens: revoke } });
}
