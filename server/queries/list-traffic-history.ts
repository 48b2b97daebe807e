import type { TrafficHistoryEntry } from '#lib/contracts/endpoint.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import type { Actor } from '#server/domain/actor.ts';
import { endpointPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { findEndpointOrRefuse } from '#server/store/find-or-refuse.ts';
import { listTrafficHistory as listRows, type TrafficHistoryRecord } from '#server/store/traffic-history-store.ts';
import { closePage, decodeNumberCursor, presentPage, type PageRequest } from './page.ts';
import type { QueryContext } from './query-context.ts';

const LIST = 'traffic-history';

/** Splits that an endpoint had, newest first. */
export async function listTrafficHistory(
  { database }: Pick<QueryContext, 'database'>,
  actor: Actor,
  name: string,
  { limit, cursor }: PageRequest,
): Promise<ListPage<TrafficHistoryEntry>> {
  authorize(actor, 'endpoint.read', endpointPath(name));
  await findEndpointOrRefuse(database, name);
  const before = decodeNumberCursor(LIST, cursor);
  const rows = await listRows(database, name, { before, limit: limit + 1 });
  return presentPage(
    closePage(LIST, rows, ({ id }) => String(id), limit),
    present,
  );
}

function present(row: TrafficHistoryRecord): TrafficHistoryEntry {
  return {
    revision: row.revision,
    traffic: row.traffic,
    mirror_traffic: row.mirrorTraffic,
    reason: row.reason,
    actor: row.actor,
    applied_at: formatInstant(row.appliedAt),
  };
}
