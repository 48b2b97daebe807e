import { headers } from 'next/headers';
import type { Problem } from '#lib/contracts/problem.ts';
import { callControlPlane, type ControlPlaneRequest } from './control-plane-client.ts';
import { crossSite, signedOut } from './refusals.ts';
import { actsFromThisSite } from './request-origin.ts';
import { readSession } from './session.ts';

/** What a server action answers; plain data, because it crosses to the browser. */
export type ActionResult<T> = { ok: true; data: T } | { ok: false; problem: Problem; retryAfterSeconds: number | null };

export interface ActionCall extends Omit<ControlPlaneRequest, 'userId'> {
  /** After `/api/v1`; build it with `apiPath`. */
  path: string;
  /** Revision that the change is based on; sent as `If-Match`. */
  ifMatch?: number | undefined;
}

/** A server action: identity, one call of the REST API, result. The control plane judges whether the user may. */
export async function runAction<T>(call: ActionCall): Promise<ActionResult<T>> {
  const given = await headers();
  if (!actsFromThisSite({ method: 'POST', header: (name) => given.get(name) })) return refusal(crossSite());
  const user = await readSession();
  if (!user) return refusal(signedOut());
  const { path, ifMatch, headers: extra, ...request } = call;
  return callControlPlane<T>(path, {
    ...request,
    headers: { ...extra, ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }) },
    userId: user.id,
  });
}

function refusal(problem: Problem): ActionResult<never> {
  return { ok: false, problem, retryAfterSeconds: null };
}
