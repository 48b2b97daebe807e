import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { RawClient } from '#server/gateway/testing/raw-client.ts';
import { deployment, endpoint, post, startTestModel, table } from '#server/gateway/testing/start-gateway.ts';
import { startCluster } from './start-cluster.ts';

test(
  'a worker without a free descriptor says that it is short of them, and blames no instance',
  { timeout: 60_000 },
  async () => {
    const model = await startTestModel();
    const cluster = startCluster({ onDisk: table(endpoint([deployment('blue', [model.port])])), workers: 1 });
    await cluster.ready();
    const controlPlane = await cluster.controlPlane();
    const client = await RawClient.connect(cluster.port);
    const [worker = 0] = cluster.workerPids;
    const limit = (files: string): void => void spawnSync('prlimit', ['--pid', String(worker), `--nofile=${files}:`]);
    // The connection is accepted before the limit falls: a refused endpoint needs no other descriptor.
    expect((await client.request(post('{}', '', '/nobody/score'))).status).toBe(404);
    limit('3');
    for (let i = 0; i < 6; i += 1) {
      const answer = await client.request(post());
      expect([answer.status, answer.json()['code']]).toEqual([503, 'gateway.unavailable']);
      expect(answer.field('retry-after')).toMatch(/^\d+$/);
    }
    limit('1024');
    expect((await client.request(post())).status).toBe(200);
    const { frames } = controlPlane;
    expect(frames.some((frame) => frame.type === 'instance_failing')).toBe(false);
    expect(frames.some((frame) => frame.type === 'ejections' && frame.ejections.length > 0)).toBe(false);
  },
);
