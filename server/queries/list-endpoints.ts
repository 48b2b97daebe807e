import type { Endpoint } from '#lib/contracts/endpoint.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { EndpointRecord } from '#server/domain/endpoint.ts';
import { authorize } from '#server/identity/authorize.ts';
import { listEndpoints as listRows } from '#server/store/endpoint-store.ts';
import { describeEndpoint } from './describe-endpoint.ts';
import { loadPricing } from './load-pricing.ts';
import { closePage, decodeCursor, presentPage, type PageRequest } from './page.ts';
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
  context: Omit<QueryContext, 'routes'>,
  actor: Actor,
  filter: EndpointFilter,
  page: PageRequest,
): Promise<ListPage<Endpoint>> {
  authorize(actor, 'endpoint.read', '/endpoints');
  const after = decodeCursor('endpoints', page.cursor);
  const rows = (await listRows(context.database)).filter(
    (row) => (after === null || row.name > after) && hasName(row, filter.name) && hasTag(row, filter.tag),
  );
  const pricing = await loadPricing(context);
  const found: Endpoint[] = [];
  for (const row of rows) {
    // One more than the page holds tells that there is another; what lies beyond is not looked at.
    if (found.length > page.limit) break;
    const endpoint = await describeEndpoint(context, row, pricing);
    if (hasState(endpoint, filter.state)) found.push(endpoint);
  }
  return presentPage(
    closePage('endpoints', found, ({ name }) => name, page.limit),
    (endpoint) => endpoint,
  );
}

function hasState({ state, provisioning_state: outcome }: Endpoint, wanted: EndpointFilter['state']): boolean {
  return wanted === undefined || wanted === state || wanted === outcome;
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
