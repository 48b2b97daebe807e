import type { Clock } from '#server/kernel/clock.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { BLOCK_MS, floorTo } from './resolution.ts';
import type { ComparisonStore } from './comparison-store.ts';
import type { TelemetryIntake } from './telemetry-intake.ts';
import type { TelemetryStore } from './telemetry-store.ts';

/** Half of the second that a crash may lose, so that writing and syncing fit into the other half. */
const FLUSH_MS = 500;
const MAINTENANCE_MS = 10_000;

export interface TelemetryLoop {
  /** Flushes one last time; the next start replays the journal. */
  stop(): Promise<void>;
}

/** Owns the timers of telemetry: flushes twice a second, seals at the turn of the hour or when the journal is large, applies retention. */
export function startTelemetryLoop(options: {
  store: TelemetryStore;
  intake: TelemetryIntake;
  comparisons: ComparisonStore;
  clock: Clock;
  logger: Logger;
}): TelemetryLoop {
  const { store, intake, comparisons, clock, logger } = options;
  let hourMs = floorTo(clock.now(), BLOCK_MS);
  let stopped = false;

  async function maintain(): Promise<void> {
    const currentHourMs = floorTo(clock.now(), BLOCK_MS);
    if (currentHourMs !== hourMs || store.wantsSeal) await store.seal(() => intake.senders.snapshot());
    hourMs = currentHourMs;
    await store.enforceRetention();
    await comparisons.maintain();
  }

  /** Runs again a while after it has ended: a slow disk stretches the interval instead of piling runs up. */
  function repeat(name: string, intervalMs: number, work: () => Promise<void>): { end: () => Promise<void> } {
    let timer: NodeJS.Timeout | undefined;
    let running = Promise.resolve();
    const run = (): void => {
      running = work()
        .catch((error: unknown) => logger.error({ err: error }, `Telemetry ${name} failed`))
        .then(() => {
          if (!stopped) timer = setTimeout(run, intervalMs);
        });
    };
    timer = setTimeout(run, intervalMs);
    return {
      end() {
        clearTimeout(timer);
        return running;
      },
    };
  }

  const flushing = repeat('flush', FLUSH_MS, async () => {
    await Promise.all([intake.flush(), comparisons.flush()]);
  });
  const maintenance = repeat('maintenance', MAINTENANCE_MS, maintain);
  return {
    async stop() {
      stopped = true;
      await Promise.all([flushing.end(), maintenance.end()]);
      await intake.flush();
      await store.close();
      await comparisons.close();
    },
  };
}
