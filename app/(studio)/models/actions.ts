'use server';

import { apiPath } from '#lib/queries/fetch-json.ts';
import { type ActionResult, runAction } from '#server/studio/run-action.ts';

/** Removes a version that nobody uses. */
export async function deleteModelVersion(model: string, version: string): Promise<ActionResult<void>> {
  return runAction({ path: apiPath('models', model, 'versions', version), method: 'DELETE' });
}
