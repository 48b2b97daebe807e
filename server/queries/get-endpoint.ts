import type { Endpoint } from '#lib/contracts/endpoint.ts';
import type { Actor } from '#server/domain/actor.ts';
import { endpointPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { findEndpointOrRefuse } from '#server/store/find-or-refuse.ts';
import { describeEndpoint } from './describe-endpoint.ts';
import type { QueryContext } from './query-context.ts';

/** @throws AppError `endpoint.not_found` */
export async function getEndpoint(context: QueryContext, actor: Actor, name: string): Promise<Endpoint> {
  authorize(actor, 'endpoint.read', endpointPath(name));
  return describeEndpoint(context, await findEndpointOrRefuse(context.database, name));
}
