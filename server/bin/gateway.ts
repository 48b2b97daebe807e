import cluster from 'node:cluster';

/**
 * The gateway's processes: the one that is started becomes the primary, the ones that it forks become workers. Each loads only what its part needs,
 * so that a worker that died is replaced sooner.
 */
async function main(): Promise<void> {
  if (cluster.isPrimary) {
    const { startGatewayPrimary } = await import('./gateway/start-gateway-primary.ts');
    await startGatewayPrimary();
  } else {
    const { startGatewayWorker } = await import('./gateway/start-gateway-worker.ts');
    startGatewayWorker();
  }
}

if (import.meta.main) await main();
