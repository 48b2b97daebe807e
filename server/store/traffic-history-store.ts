import { and, desc, eq, lt } from 'drizzle-orm';
import type { TrafficMap } from '#lib/contracts/endpoint.ts';
import { trafficHistory } from '#drizzle/schema/traffic-history.ts';
import type { Reader } from './database.ts';

export interface TrafficHistoryRecord {
  id: number;
  revision: number;
  traffic: TrafficMap;
  mirrorTraffic: TrafficMap;
  reason: string;
  actor: string;
  appliedAt: number;
}

/** Newest first; `before` is the id of the last row already seen. */
export async function listTrafficHistory(
  reader: Reader,
  endpoint: string,
  page: { before: number | null; limit: number },
): Promise<TrafficHistoryRecord[]> {
  const rows = reader.orm
    .select()
    .from(trafficHistory)
    .where(
      and(
        eq(trafficHistory.endpointName, endpoint),
        page.before === null ? undefined : lt(trafficHistory.id, page.before),
      ),
    )
    .orderBy(desc(trafficHistory.id))
    .limit(page.limit)
    .all();
  return rows as TrafficHistoryRecord[];
}
