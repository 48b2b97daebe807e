import type { Deployment } from '#lib/contracts/deployment.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import type { Actor } from '#server/domain/actor.ts';
import { endpointPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { listDeployments as listRows } from '#server/store/deployment-store.ts';
import { findEndpointOrRefuse } from '#server/store/find-or-refuse.ts';
import { describeDeployment } from './describe-deployment.ts';
import { loadPricing } from './load-pricing.ts';
import { pageOf, type PageRequest } from './page.ts';
import type { QueryContext } from './query-context.ts';

/** Deployments of an endpoint, oldest first. */
export async function listDeployments(
  context: QueryContext,
  actor: Actor,
  endpointName: string,
  page: PageRequest,
): Promise<ListPage<Deployment>> {
  authorize(actor, 'deployment.read', endpointPath(endpointName));
  const endpoint = await findEndpointOrRefuse(context.database, endpointName);
  const rows = await listRows(context.database, endpointName);
  // Times have one width, so their order as text is their order.
  const { items, nextCursor } = pageOf('deployments', rows, (row) => `${row.createdAt} ${row.name}`, page);
  const pricing = await loadPricing(context);
  const described = await Promise.all(items.map((row) => describeDeployment(context, endpoint, row, pricing)));
  return { items: described, next_cursor: nextCursor };
}
