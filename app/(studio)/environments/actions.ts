'use server';

import type { EnvironmentVersion, EnvironmentVersionWrite } from '#lib/contracts/environment.ts';
import { apiPath } from '#lib/queries/fetch-json.ts';
import { type ActionResult, runAction } from '#server/studio/run-action.ts';

/** Writes the next version of an environment, or the first. */
export async function createEnvironmentVersion(
  name: string,
  write: EnvironmentVersionWrite,
): Promise<ActionResult<EnvironmentVersion>> {
  return runAction({ path: apiPath('environments', name, 'versions'), method: 'POST', body: write });
}

/** Begins a build on what this host has, unless there is one; `rebuild` makes another. */
export async function buildEnvironment(
  name: string,
  version: string,
  rebuild: boolean,
): Promise<ActionResult<EnvironmentVersion>> {
  return runAction({
    path: apiPath('environments', name, 'versions', version, 'build'),
    method: 'POST',
    body: { rebuild },
  });
}

/** Removes a version that nobody uses. */
export async function deleteEnvironmentVersion(
  name: string,
  version: string,
  revision: number,
): Promise<ActionResult<void>> {
  return runAction({ path: apiPath('environments', name, 'versions', version), method: 'DELETE', ifMatch: revision });
}
