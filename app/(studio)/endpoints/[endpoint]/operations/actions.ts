'use server';

import type { Operation } from '#lib/contracts/operation.ts';
import { apiPath } from '#lib/queries/fetch-json.ts';
import { type ActionResult, runAction } from '#server/studio/run-action.ts';

/** Stops an operation and takes back what it began. */
export async function cancelOperation(id: string): Promise<ActionResult<Operation>> {
  return runAction({ path: apiPath('operations', id, 'cancel'), method: 'POST' });
}
