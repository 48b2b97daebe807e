'use server';

import type { InvokeRequest, InvokeResponse } from '#lib/contracts/endpoint.ts';
import { apiPath } from '#lib/queries/fetch-json.ts';
import { type ActionResult, runAction } from '#server/studio/run-action.ts';

/** Calls the endpoint through the gateway with its own key, as the split says or at one deployment. */
export async function invokeEndpoint(endpoint: string, request: InvokeRequest): Promise<ActionResult<InvokeResponse>> {
  return runAction({ path: apiPath('endpoints', endpoint, 'invoke'), method: 'POST', body: request });
}
