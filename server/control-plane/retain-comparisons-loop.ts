import type { Clock } from '#server/kernel/clock.ts';
import type { Logger } from '#server/kernel/logger.ts';
import type { Reader } from '#server/store/database.ts';
import { listEndpoints } from '#server/store/endpoint-store.ts';

const LOOK_MS = 5_000;
/** Told again although nothing has changed: batches of a gateway worker may come after their endpoint has gone. */
const AGAIN_MS = 600_000;

export interface RetainComparisonsDeps {
  database: Reader;
  clock: Clock;
  logger: Logger;
  /** Has everything forgotten that belongs to no endpoint of the list. */
  retain: (living: { asOfMs: number; endpoints: { name: string; sinceMs: number }[] }) => Promise<void>;
  lookMs?: number;
}

/**
 * Tells telemetry which endpoints there are, so that pairs of answers go with their endpoint: they hold what callers sent. What telemetry does not
 * hear while it is away it is told at the next turn.
 */
export function createRetainComparisonsLoop(deps: RetainComparisonsDeps): { start(): void; stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();
  let told = { list: '', atMs: -Infinity };
  let fails = false;

  async function look(): Promise<void> {
    const asOfMs = deps.clock.now();
    const rows = await listEndpoints(deps.database);
    const endpoints = rows.map(({ name, createdAt }) => ({ name, sinceMs: createdAt }));
    const list = JSON.stringify(endpoints);
    if (list === told.list && asOfMs - told.atMs < AGAIN_MS) return;
    await deps.retain({ asOfMs, endpoints });
    told = { list, atMs: asOfMs };
    fails = false;
  }

  function onFailure(error: unknown): void {
    // Said once: telemetry may be away for long.
    if (!fails) deps.logger.warn({ err: error }, 'Telemetry was not told which endpoints there are');
    fails = true;
  }

  return {
    start() {
      timer = setInterval(() => {
        turn = turn.then(look).catch(onFailure);
      }, deps.lookMs ?? LOOK_MS);
    },
    stop() {
      clearInterval(timer);
      return turn;
    },
  };
}
