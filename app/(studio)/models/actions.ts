'use server';

import type { Model, ModelVersion, ModelVersionWrite } from '#lib/contracts/model.ts';
import type { Operation } from '#lib/contracts/operation.ts';
import { apiPath } from '#lib/queries/fetch-json.ts';
import { type ActionResult, runAction } from '#server/studio/run-action.ts';

/** Removes a version that nobody uses. */
export async function deleteModelVersion(model: string, version: string): Promise<ActionResult<void>> {
  return runAction({ path: apiPath('models', model, 'versions', version), method: 'DELETE' });
}

/** What may be said about a version; a field that is left out stays, null empties it. */
export interface WordsPatch {
  description?: string;
  tags?: Record<string, unknown> | null;
  stage?: string | null;
}

export async function patchModelVersion(
  model: string,
  version: string,
  patch: WordsPatch,
  revision: number,
): Promise<ActionResult<ModelVersion>> {
  return runAction({
    path: apiPath('models', model, 'versions', version),
    method: 'PATCH',
    body: patch,
    ifMatch: revision,
  });
}

export async function patchModel(
  model: string,
  patch: Omit<WordsPatch, 'stage'>,
  revision: number,
): Promise<ActionResult<Model>> {
  return runAction({ path: apiPath('models', model), method: 'PATCH', body: patch, ifMatch: revision });
}

/** Registers a version: at once from what is here, as an operation from elsewhere. */
export async function registerModel(
  write: ModelVersionWrite & { name: string },
): Promise<ActionResult<ModelVersion | Operation>> {
  return runAction({ path: '/models', method: 'POST', body: write });
}

/** Ends a registration that is under way; nothing of it is kept. */
export async function cancelRegistration(id: string): Promise<ActionResult<Operation>> {
  return runAction({ path: apiPath('operations', id, 'cancel'), method: 'POST' });
}
