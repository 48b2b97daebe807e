import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#server/kernel/clock.ts';
import { listenOnSocket } from '#server/kernel/listen-on-socket.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { ComparisonStore } from './comparison-store.ts';
import { TelemetryIntake } from './telemetry-intake.ts';
import { startTelemetryLoop } from './telemetry-loop.ts';
import { createTelemetryServer } from './telemetry-server.ts';
import { TelemetryStore, type StoreLimits } from './telemetry-store.ts';

/** Longest wait for requests under way when it stops. */
const STOP_MS = 2_000;

export interface TelemetryOptions {
  folder: string;
  socketPath: string;
  clock: Clock;
  logger: Logger;
  limits?: Partial<StoreLimits>;
  freeBytes?: () => Promise<number>;
}

/**
 * Telemetry as a whole: store, intake, timers and socket. Resolves when it serves.
 * @throws SocketTakenError when another process has the socket; its files are then left alone
 */
export async function startTelemetry(options: TelemetryOptions): Promise<{ stop: () => Promise<void> }> {
  const { clock, logger, socketPath } = options;
  const parts = Promise.withResolvers<Parts>();
  const server = createTelemetryServer(parts.promise.then((opened) => ({ ...opened, clock, logger })));
  await listenOnSocket(server, socketPath);
  try {
    parts.resolve(await openParts(options));
  } catch (error) {
    parts.reject(error);
    server.close();
    throw error;
  }
  const loop = startTelemetryLoop({ ...(await parts.promise), clock, logger });
  return {
    async stop() {
      // Requests under way are answered, within a limit; connections that are kept open would hold the server for ever.
      const cutOff = setTimeout(() => server.closeAllConnections(), STOP_MS);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      clearTimeout(cutOff);
      await loop.stop();
    },
  };
}

interface Parts {
  store: TelemetryStore;
  intake: TelemetryIntake;
  comparisons: ComparisonStore;
}

async function openParts({
  folder,
  clock,
  logger,
  limits = {},
  freeBytes = () => freeBytesOf(folder),
}: TelemetryOptions): Promise<Parts> {
  const { store, marks } = await TelemetryStore.open({ folder, clock, logger, freeBytes, limits });
  const comparisons = await ComparisonStore.open({ folder: join(folder, 'comparisons'), clock, logger });
  return { store, intake: new TelemetryIntake(store, clock, marks), comparisons };
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
