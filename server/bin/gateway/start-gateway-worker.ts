import { flushCompileCache } from 'node:module';
import { runGatewayWorker } from '#server/gateway/gateway-worker.ts';
import { sendToParent } from '#server/kernel/process-link.ts';
import type { ToWorker } from '#server/gateway/worker-messages.ts';

/** Runs a worker on the cluster's channel; everything it needs to know comes from the primary. */
export function startGatewayWorker(): void {
  // The primary decides when workers end; signals of the terminal reach the whole group.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
  runGatewayWorker(
    {
      send(message) {
        sendToParent(message);
        if (message.type === 'listening') flushCompileCache();
      },
      onMessage: (listener) => process.on('message', (message) => listener(message as ToWorker)),
    },
    // What has just been sent to the primary leaves first.
    () => void setImmediate(() => process.exit(0)),
  );
}
