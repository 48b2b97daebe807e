import type { Deployment } from '#lib/contracts/deployment.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { DeploymentKey } from '#server/domain/deployment.ts';
import { deploymentPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { findDeploymentOrRefuse, findEndpointOrRefuse } from '#server/store/find-or-refuse.ts';
import { describeDeployment } from './describe-deployment.ts';
import type { QueryContext } from './query-context.ts';

/** @throws AppError `endpoint.not_found`, `deployment.not_found` */
export async function getDeployment(context: QueryContext, actor: Actor, key: DeploymentKey): Promise<Deployment> {
  authorize(actor, 'deployment.read', deploymentPath(key.endpointName, key.name));
  const endpoint = await findEndpointOrRefuse(context.database, key.endpointName);
  return describeDeployment(context, endpoint, await findDeploymentOrRefuse(context.database, key));
}
