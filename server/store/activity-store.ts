import { and, desc, eq, lt } from 'drizzle-orm';
import { activities } from '#drizzle/schema/activities.ts';
import type { NewActivity } from '#server/domain/change.ts';
import type { Reader, Transaction } from './database.ts';

export interface ActivityRecord extends NewActivity {
  id: number;
  at: number;
}

export async function recordActivity(transaction: Transaction, activity: NewActivity): Promise<void> {
  transaction.orm
    .insert(activities)
    .values({ ...activity, at: transaction.now })
    .run();
}

/** Newest first; of one endpoint, or of all. `before` is the id of the last one already seen. */
export async function listActivities(
  reader: Reader,
  filter: { endpointName?: string | undefined; before: number | null; limit: number },
): Promise<ActivityRecord[]> {
  const rows = reader.orm
    .select()
    .from(activities)
    .where(
      and(
        filter.endpointName === undefined ? undefined : eq(activities.endpointName, filter.endpointName),
        filter.before === null ? undefined : lt(activities.id, filter.before),
      ),
    )
    .orderBy(desc(activities.id))
    .limit(filter.limit)
    .all();
  return rows as ActivityRecord[];
}
