import { statfs } from 'node:fs/promises';
import type { Clock } from '#server/kernel/clock.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { TelemetryIntake } from './telemetry-intake.ts';
import { startTelemetryLoop } from './telemetry-loop.ts';
import { createTelemetryServer, listenOnSocket } from './telemetry-server.ts';
import { TelemetryStore, type StoreLimits } from './telemetry-store.ts';

export interface TelemetryOptions {
  folder: string;
  socketPath: string;
  clock: Clock;
  logger: Logger;
  limits?: Partial<StoreLimits>;
  freeBytes?: () => Promise<number>;
}

/** Telemetry as a whole: store, intake, timers and socket. Resolves when it serves. */
export async function startTelemetry(options: TelemetryOptions): Promise<{ stop: () => Promise<void> }> {
  const { folder, clock, logger, socketPath, limits = {} } = options;
  const freeBytes = options.freeBytes ?? (() => freeBytesOf(folder));
  const { store, marks } = await TelemetryStore.open({ folder, clock, logger, freeBytes, limits });
  const intake = new TelemetryIntake(store, clock, marks);
  const server = createTelemetryServer({ store, intake, clock, logger });
  await listenOnSocket(server, socketPath);
  const loop = startTelemetryLoop({ store, intake, clock, logger });
  return {
    async stop() {
      // Requests under way are answered; idle connections would keep the server open for ever.
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      await loop.stop();
    },
  };
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
