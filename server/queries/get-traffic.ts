import type { Traffic } from '#lib/contracts/endpoint.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { EndpointRecord } from '#server/domain/endpoint.ts';
import { withZeros } from '#server/domain/present-endpoint.ts';
import { endpointPath } from '#server/domain/resource-path.ts';
import type { RouteConfirmation } from '#server/domain/route-publisher.ts';
import { authorize } from '#server/identity/authorize.ts';
import { listDeployments } from '#server/store/deployment-store.ts';
import { findEndpointOrRefuse } from '#server/store/find-or-refuse.ts';
import type { QueryContext } from './query-context.ts';

/** The split that is wanted, and which of the gateway's workers serve the newest route table. */
export async function getTraffic(context: QueryContext, actor: Actor, name: string): Promise<Traffic> {
  authorize(actor, 'endpoint.read', endpointPath(name));
  const endpoint = await findEndpointOrRefuse(context.database, name);
  return describeTraffic(context, endpoint, context.routes.current());
}

export async function describeTraffic(
  context: Pick<QueryContext, 'database'>,
  endpoint: EndpointRecord,
  { revision, confirmed, total }: RouteConfirmation,
): Promise<Traffic> {
  const deployments = await listDeployments(context.database, endpoint.name);
  return {
    traffic: withZeros(endpoint.traffic, deployments),
    mirror_traffic: endpoint.mirrorTraffic,
    revision: endpoint.revision,
    route_revision: revision,
    workers: { confirmed, total },
  };
}
