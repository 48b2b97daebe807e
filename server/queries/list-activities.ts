import type { Activity } from '#lib/contracts/endpoint.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import type { Actor } from '#server/domain/actor.ts';
import { endpointPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { listActivities as listRows, type ActivityRecord } from '#server/store/activity-store.ts';
import { findEndpointOrRefuse } from '#server/store/find-or-refuse.ts';
import { closePage, decodeNumberCursor, presentPage, type PageRequest } from './page.ts';
import type { QueryContext } from './query-context.ts';

const LIST = 'activity';

/** What happened, newest first: to one endpoint, or to all of them. */
export async function listActivities(
  { database }: Pick<QueryContext, 'database'>,
  actor: Actor,
  endpointName: string | undefined,
  { limit, cursor }: PageRequest,
): Promise<ListPage<Activity>> {
  authorize(actor, 'endpoint.read', endpointName === undefined ? '/endpoints' : endpointPath(endpointName));
  if (endpointName !== undefined) await findEndpointOrRefuse(database, endpointName);
  const before = decodeNumberCursor(LIST, cursor);
  const rows = await listRows(database, { endpointName, before, limit: limit + 1 });
  return presentPage(
    closePage(LIST, rows, ({ id }) => String(id), limit),
    present,
  );
}

function present(row: ActivityRecord): Activity {
  return {
    id: `act_${row.id}`,
    at: formatInstant(row.at),
    endpoint: row.endpointName,
    kind: row.kind,
    deployment: row.deploymentName,
    actor: row.actor,
    text: row.text,
    operation_id: row.operationId,
    revision: row.revision,
  };
}
