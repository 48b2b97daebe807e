import type { Endpoint } from '#lib/contracts/endpoint.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { EndpointRecord } from '#server/domain/endpoint.ts';
import { authorize } from '#server/identity/authorize.ts';
import { listEndpoints as listRows } from '#server/store/endpoint-store.ts';
import { describeEndpoint } from './describe-endpoint.ts';
import { loadPricing } from './load-pricing.ts';
import { pageOf, presentPage, type PageRequest } from './page.ts';
import type { QueryContext } from './query-context.ts';

export interface EndpointFilter {
  /** Part of the name. */
  name?: string | undefined;
  /** `key` or `key=value`. */
  tag?: string | undefined;
  /** What it serves now (`healthy`), or how its last change ended (`Succeeded`). */
  state?: Endpoint['state'] | Endpoint['provisioning_state'] | undefined;
}

/** By name. */
export async function listEndpoints(
  context: QueryContext,
  actor: Actor,
  filter: EndpointFilter,
  page: PageRequest,
): Promise<ListPage<Endpoint>> {
  authorize(actor, 'endpoint.read', '/endpoints');
  const rows = (await listRows(context.database)).filter((row) => hasName(row, filter.name) && hasTag(row, filter.tag));
  const pricing = await loadPricing(context);
  const described = await Promise.all(rows.map((row) => describeEndpoint(context, row, pricing)));
  const found = described.filter(
    ({ state, provisioning_state: outcome }) =>
      filter.state === undefined || filter.state === state || filter.state === outcome,
  );
  return presentPage(
    pageOf('endpoints', found, ({ name }) => name, page),
    (endpoint) => endpoint,
  );
}

function hasName({ name }: EndpointRecord, part: string | undefined): boolean {
  return part === undefined || name.includes(part.toLowerCase());
}

function hasTag({ tags }: EndpointRecord, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  const equals = wanted.indexOf('=');
  const key = equals < 0 ? wanted : wanted.slice(0, equals);
  return Object.hasOwn(tags, key) && (equals < 0 || tags[key] === wanted.slice(equals + 1));
}
