'use server';

import type { Endpoint } from '#lib/contracts/endpoint.ts';
import type { ModelVersion } from '#lib/contracts/model.ts';
import type { Operation } from '#lib/contracts/operation.ts';
import { type PlannedRequest, requestLine } from '#lib/deployment-yaml/draft-requests.ts';
import { type ActionResult, runAction } from '#server/studio/run-action.ts';

/** Carries out one request of the wizard's plan. `idempotencyKey` makes a registration that is sent twice one registration. */
export async function sendPlannedRequest(
  request: PlannedRequest,
  idempotencyKey: string,
): Promise<ActionResult<ModelVersion | Endpoint | Operation>> {
  const { method, path, headers } = requestLine(request);
  const keyed = request.step === 'model' ? { ...headers, 'idempotency-key': idempotencyKey } : headers;
  return runAction({ method, path, headers: keyed, body: request.body });
}
