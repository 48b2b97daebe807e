'use server';

import type { Registry, RegistryTest, RegistryWrite } from '#lib/contracts/registry.ts';
import { apiPath } from '#lib/queries/fetch-json.ts';
import { type ActionResult, runAction } from '#server/studio/run-action.ts';

/** Keeps credentials of a registry. `revision` null adds them and fails where there are some. */
export async function putRegistry(
  host: string,
  write: RegistryWrite,
  revision: number | null,
): Promise<ActionResult<Registry>> {
  return runAction({
    path: apiPath('registries', host),
    method: 'PUT',
    body: write,
    ...(revision === null ? { headers: { 'if-none-match': '*' } } : { ifMatch: revision }),
  });
}

/** Asks the registry whether it takes the credentials that are kept. */
export async function testRegistry(host: string): Promise<ActionResult<RegistryTest>> {
  return runAction({ path: `${apiPath('registries', host)}/test`, method: 'POST' });
}

export async function deleteRegistry(host: string, revision: number): Promise<ActionResult<void>> {
  return runAction({ path: apiPath('registries', host), method: 'DELETE', ifMatch: revision });
}
