import { describe, expect, it } from 'vitest';
import { requestOnce } from './testing/raw-client.ts';
import { deployment, endpoint, post, startGateway, startTestModel, table } from './testing/start-gateway.ts';

describe('an endpoint that nobody has called yet', () => {
  it('is served as the newest table has it', async () => {
    const [old, current] = [await startTestModel(), await startTestModel()];
    const { port, gateway } = await startGateway(table(endpoint([deployment('blue', [old.port])])));
    gateway.install(table(endpoint([deployment('blue', [current.port])])));
    expect((await requestOnce(port, post())).status).toBe(200);
    expect([old.requests.length, current.requests.length]).toEqual([0, 1]);
  });

  it('is gone when the table has it no more', async () => {
    const model = await startTestModel();
    const { port, gateway } = await startGateway(table(endpoint([deployment('blue', [model.port])])));
    gateway.install(table());
    expect((await requestOnce(port, post())).status).toBe(404);
  });

  it('has its limits from its first call on', async () => {
    const model = await startTestModel();
    const limits = { requestsPerSecond: 0.001, burst: 1, concurrency: null, maxBodyBytes: null };
    const { port } = await startGateway(table(endpoint([deployment('blue', [model.port])], { limits })));
    expect((await requestOnce(port, post())).status).toBe(200);
    expect((await requestOnce(port, post())).status).toBe(429);
  });

  it('can come back after it was called, removed and made again', async () => {
    const [first, second] = [await startTestModel(), await startTestModel()];
    const { port, gateway } = await startGateway(table(endpoint([deployment('blue', [first.port])])));
    expect((await requestOnce(port, post())).status).toBe(200);
    gateway.install(table());
    gateway.install(table(endpoint([deployment('blue', [second.port])])));
    expect((await requestOnce(port, post())).status).toBe(200);
    expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
  });
});
