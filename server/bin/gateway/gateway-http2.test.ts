import { type ClientHttp2Session, constants } from 'node:http2';
import { expect, it, vi } from 'vitest';
import { dialHttp2, predict } from '#server/gateway/testing/http2-client.ts';
import { deployment, endpoint, startTestModel, table } from '#server/gateway/testing/start-gateway.ts';
import { startCluster, temporaryDataDir } from './start-cluster.ts';

vi.setConfig({ testTimeout: 60_000 });

it('SIGHUP replaces the workers without a failed request over HTTP/2', async () => {
  const model = await startTestModel();
  const cluster = startCluster({
    dataDir: temporaryDataDir(),
    onDisk: table(endpoint([deployment('blue', [model.port])])),
  });
  await cluster.ready();
  const before = [...cluster.workerPids];
  let session: ClientHttp2Session = dialHttp2(cluster.port);
  const statuses = new Set<number>();
  let sessions = 1;

  /** Asks as clients do: a connection that is told to end gets no new request, and one that was not looked at is asked again. */
  async function ask(): Promise<void> {
    if (session.closed || session.destroyed) {
      session = dialHttp2(cluster.port);
      sessions += 1;
    }
    const answer = await predict(session);
    if (answer.code !== constants.NGHTTP2_REFUSED_STREAM) statuses.add(answer.status);
  }

  await ask();
  cluster.signal('SIGHUP');
  while (cluster.workerPids.some((pid) => before.includes(pid))) await ask();
  for (let i = 0; i < 20; i += 1) await ask();
  expect([...statuses]).toEqual([200]);
  expect(sessions).toBeGreaterThan(1);
});
