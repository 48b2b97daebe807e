import { createGateway } from '#server/gateway/gateway.ts';
import { vectorRoutes } from './vector-routes.ts';

/** A gateway in this process with the endpoints of the vectors. */
export async function startVectorGateway(modelPort: number): Promise<{ port: number; stop(): Promise<void> }> {
  const gateway = createGateway({
    hopId: 'this-gateway',
    source: 'vectors',
    sendRecords: async () => 'arrived',
    settings: { drainTimeoutMs: 100, lingerTimeoutMs: 20, sweepIntervalMs: 5 },
  });
  gateway.install(vectorRoutes(modelPort));
  const { port } = await gateway.listen({ host: '127.0.0.1', port: 0 });
  return { port, stop: async () => void (await gateway.drain()) };
}
