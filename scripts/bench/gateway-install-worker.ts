import { monitorEventLoopDelay } from 'node:perf_hooks';
import { runGatewayWorker } from '#server/gateway/gateway-worker.ts';
import type { ToWorker } from '#server/gateway/worker-messages.ts';

/**
 * A gateway worker as it is, with a watch on its event loop. Its parent plays the primary: it sends the same messages over the same kind of channel and is
 * told, besides what a worker says, how much of the time until `serving` went into installing and what the longest stall was meanwhile.
 */
export interface InstallReport {
  type: 'installed';
  /** In the handlers of all messages since the table before. */
  installMs: number;
  /** Processor time of the worker from its first part to its last, reading messages included. */
  cpuMs: number;
  /** Longest time that nothing else could run, reading messages included. */
  stallMs: number;
}

const RESOLUTION_MS = 1;
/** A stall is seen when the timer after it fires. */
const SETTLE_MS = 50;

const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let installMs = 0;
let cpuBefore: NodeJS.CpuUsage | null = null;

runGatewayWorker(
  {
    send(message) {
      process.send?.(message);
      if (message.type === 'serving') report();
    },
    onMessage(listener) {
      process.on('message', (message) => {
        cpuBefore ??= process.cpuUsage();
        const start = performance.now();
        listener(message as ToWorker);
        installMs += performance.now() - start;
      });
    },
  },
  () => process.exit(0),
);
delays.enable();
process.on('disconnect', () => process.exit(0));
process.send?.({ type: 'up' });

function report(): void {
  const { user, system } = process.cpuUsage(cpuBefore ?? undefined);
  const cpuMs = (user + system) / 1000;
  setTimeout(() => {
    const stallMs = Math.max(0, delays.max / 1e6 - RESOLUTION_MS);
    process.send?.({ type: 'installed', installMs, cpuMs, stallMs } satisfies InstallReport);
    installMs = 0;
    cpuBefore = null;
    delays.reset();
  }, SETTLE_MS);
}
