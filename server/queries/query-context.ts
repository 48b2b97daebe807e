import type { Database } from '#server/store/database.ts';
import type { Clock } from '#server/kernel/clock.ts';

/** What queries read with. */
export interface QueryContext {
  database: Database;
  clock: Clock;
}
