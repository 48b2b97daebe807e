'use server';

import type { EndpointKeys, EndpointToken } from '#lib/contracts/endpoint.ts';
import { apiPath } from '#lib/queries/fetch-json.ts';
import { type ActionResult, runAction } from '#server/studio/run-action.ts';

/** Reads both keys. Audited, and never kept in a cache. */
export async function readKeys(endpoint: string): Promise<ActionResult<EndpointKeys>> {
  return runAction({ path: apiPath('endpoints', endpoint, 'keys'), method: 'GET' });
}

/** Issues a token for the signed-in person. Audited, and never kept in a cache. */
export async function issueToken(endpoint: string): Promise<ActionResult<EndpointToken>> {
  return runAction({ path: apiPath('endpoints', endpoint, 'token'), method: 'POST' });
}

/** Makes one key anew; the old one stops working before this answers. */
export async function regenerateKey(
  endpoint: string,
  which: 'primary' | 'secondary',
): Promise<ActionResult<EndpointKeys>> {
  return runAction({
    path: apiPath('endpoints', endpoint, 'keys', 'regenerate'),
    method: 'POST',
    body: { key_type: which },
  });
}
