'use server';

import type { InstanceType, InstanceTypeWrite } from '#lib/contracts/instance-type.ts';
import { apiPath } from '#lib/queries/fetch-json.ts';
import { type ActionResult, runAction } from '#server/studio/run-action.ts';

/** Makes or changes an instance type. `revision` null makes a new one and fails where the name is taken. */
export async function putInstanceType(
  name: string,
  write: InstanceTypeWrite,
  revision: number | null,
): Promise<ActionResult<InstanceType>> {
  return runAction({
    path: apiPath('instance-types', name),
    method: 'PUT',
    body: write,
    ...(revision === null ? { headers: { 'if-none-match': '*' } } : { ifMatch: revision }),
  });
}

export async function deleteInstanceType(name: string, revision: number): Promise<ActionResult<void>> {
  return runAction({ path: apiPath('instance-types', name), method: 'DELETE', ifMatch: revision });
}
