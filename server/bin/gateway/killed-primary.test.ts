import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { isAlive } from '#server/kernel/process-identity.ts';
import { RawClient } from '#server/gateway/testing/raw-client.ts';
import { deployment, endpoint, post, startTestModel, table, until } from '#server/gateway/testing/start-gateway.ts';
import { startCluster } from './start-cluster.ts';

/** Killed in the middle of their talk about slots: what a worker writes next has nobody to read it. */
test('workers whose primary is killed while requests come in end without a word', { timeout: 60_000 }, async () => {
  const model = await startTestModel();
  const blue = deployment('blue', [model.port]);
  const instances = blue.instances.map((instance) => ({ ...instance, maxConcurrency: 1 }));
  const routes = table(endpoint([{ ...blue, instances }]));
  const cluster = startCluster({ onDisk: routes, workers: 2 });
  const written = text(cluster.child.stderr as Readable);
  await cluster.ready();
  const pids = [...cluster.workerPids];
  const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.connect(cluster.port)));
  const loops = clients.map(async (client) => {
    // Ends when the worker is gone, which is when its connection is.
    for (;;) await client.request(post());
  });
  cluster.signal('SIGKILL');
  await Promise.allSettled(loops);
  await until(() => pids.every((pid) => !isAlive(pid)));
  expect(await written).toBe('');
});
