'use server';

import type { EnvironmentRoll, EnvironmentVersion, EnvironmentVersionWrite } from '#lib/contracts/environment.ts';
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

/** Updates deployments that run an older build to the newest. */
export async function rollEnvironment(
  name: string,
  version: string,
  deployments: readonly string[],
): Promise<ActionResult<EnvironmentRoll>> {
  return runAction({
    path: apiPath('environments', name, 'versions', version, 'roll'),
    method: 'POST',
    body: { deployments },
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
