'use server';

import type { Deployment, DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { Endpoint, EndpointPatch, Traffic, TrafficMap } from '#lib/contracts/endpoint.ts';
import type { Operation } from '#lib/contracts/operation.ts';
import { apiPath } from '#lib/queries/fetch-json.ts';
import { type ActionResult, runAction } from '#server/studio/run-action.ts';

/** Applies a split that was drafted on a revision; refused with 412 where somebody else was faster. */
export async function applySplit(
  endpoint: string,
  traffic: TrafficMap,
  revision: number,
  reason?: string,
): Promise<ActionResult<Traffic>> {
  return runAction({
    path: apiPath('endpoints', endpoint, 'traffic'),
    method: 'PUT',
    body: { traffic, ...(reason ? { reason } : {}) },
    ifMatch: revision,
  });
}

/** Says which deployments get copies of live requests, and of how many. */
export async function applyMirrors(
  endpoint: string,
  mirrors: TrafficMap,
  revision: number,
): Promise<ActionResult<Traffic>> {
  const path = apiPath('endpoints', endpoint, 'traffic');
  return runAction({ path, method: 'PUT', body: { mirror_traffic: mirrors }, ifMatch: revision });
}

export async function patchEndpoint(
  endpoint: string,
  patch: EndpointPatch,
  revision: number,
): Promise<ActionResult<Endpoint>> {
  return runAction({ path: apiPath('endpoints', endpoint), method: 'PATCH', body: patch, ifMatch: revision });
}

export async function deleteEndpoint(endpoint: string): Promise<ActionResult<Operation>> {
  return runAction({ path: apiPath('endpoints', endpoint), method: 'DELETE' });
}

export async function patchDeployment(
  endpoint: string,
  deployment: string,
  patch: DeploymentWrite,
): Promise<ActionResult<Operation | Deployment>> {
  return runAction({ path: apiPath('endpoints', endpoint, 'deployments', deployment), method: 'PATCH', body: patch });
}

/** @param allTraffic take all live traffic once ready */
export async function restartDeployment(
  endpoint: string,
  deployment: string,
  allTraffic = false,
): Promise<ActionResult<Operation>> {
  const path = apiPath('endpoints', endpoint, 'deployments', deployment, 'restart');
  return runAction({ path: allTraffic ? `${path}?all_traffic=true` : path, method: 'POST' });
}

export async function deleteDeployment(endpoint: string, deployment: string): Promise<ActionResult<Operation>> {
  return runAction({ path: apiPath('endpoints', endpoint, 'deployments', deployment), method: 'DELETE' });
}

/** Replaces one instance by a new one, and leaves the others. */
export async function restartInstance(
  endpoint: string,
  deployment: string,
  instance: string,
): Promise<ActionResult<Operation>> {
  const path = apiPath('endpoints', endpoint, 'deployments', deployment, 'instances', instance, 'restart');
  return runAction({ path, method: 'POST' });
}
