import type { Clock } from '#server/kernel/clock.ts';
import type { RoutePublisher } from '#server/domain/route-publisher.ts';
import type { Database } from '#server/store/database.ts';

/** What queries read with. */
export interface QueryContext {
  database: Database;
  clock: Clock;
  routes: RoutePublisher;
  /** Public base of the gateway, without a slash at the end. */
  gatewayUrl: string;
}
