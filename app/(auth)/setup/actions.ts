'use server';

import { headers } from 'next/headers';
import type { User } from '#lib/contracts/identity.ts';
import { callControlPlane } from '#server/studio/control-plane-client.ts';
import { crossSite } from '#server/studio/refusals.ts';
import { actsFromThisSite } from '#server/studio/request-origin.ts';
import type { ActionResult } from '#server/studio/run-action.ts';

/** Makes the first account. There is no session yet: the one-time code stands for the caller. */
export async function createAdministrator(account: {
  code: string;
  email: string;
  name: string;
  password: string;
}): Promise<ActionResult<User>> {
  const given = await headers();
  if (!actsFromThisSite({ method: 'POST', header: (name) => given.get(name) })) {
    return { ok: false, problem: crossSite(), retryAfterSeconds: null };
  }
  const { code, email, name, password } = account;
  return callControlPlane('/internal/setup', { method: 'POST', body: { code: code.trim(), email, name, password } });
}
