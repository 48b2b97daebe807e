import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { docker, isSkipped } from '#server/drivers/docker/docker-fixture.ts';
import { type EngineProxy, startEngineProxy } from '#server/drivers/docker/engine-proxy.ts';
import { startFaultyEngine } from '#server/drivers/docker/faulty-engine.ts';
import { createTestStack, type TestStack } from './create-test-stack.ts';
import { eventually } from './eventually.ts';
import { DOCKER_HOST } from './require-docker.ts';
import { uploadArchive } from './upload-archive.ts';

const LIMIT_MS = 120_000;
const ENGINE_SOCKET = DOCKER_HOST.slice('unix://'.length);
const PORT = 8000;
const route = (path: string) => ({ path, port: PORT });
const ROUTES = { liveness_route: route('/'), readiness_route: route('/'), scoring_route: route('/') };
const SERVER = ['python3', '-m', 'http.server', String(PORT)];

describe.skipIf(isSkipped)(
  'an engine that comes and goes (VIRIDIAN_REQUIRE=docker insists on it)',
  { timeout: LIMIT_MS },
  () => {
    let folder: string;
    let socket: string;
    let stack: TestStack;
    let proxy: EngineProxy | null;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'viridian-outage-'));
      socket = join(folder, 'docker.sock');
      proxy = null;
    });

    afterEach(async () => {
      proxy?.restore();
      const { body } = await call('DELETE', '/endpoints/outage');
      await ended(String(body['id']));
      await stack.stop();
      await proxy?.close();
      await rm(folder, { recursive: true, force: true });
    });

    const startEngine = async (): Promise<void> => {
      proxy = await startEngineProxy(ENGINE_SOCKET, socket);
    };

    async function startStack(): Promise<void> {
      stack = await createTestStack({ driver: 'process', dockerHost: `unix://${socket}` });
      await call('PUT', '/endpoints/outage', {});
    }

    const call: TestStack['call'] = (...request) => stack.call(...request);
    const ended = (operation: string) => stack.ended(operation, LIMIT_MS);

    const put = (environment: Record<string, unknown>) =>
      call('PUT', '/endpoints/outage/deployments/blue', {
        environment: { ...environment, inference_config: ROUTES },
        command: SERVER,
        instance_type: 'cpu-1',
      });

    const dockerInfo = async () => (await call('GET', '/info')).body.runtimes.docker;

    const countContainers = async (): Promise<number> => {
      const label = ['io.viridian.endpoint=outage'];
      return (await docker.listContainers({ all: true, filters: { label } })).length;
    };

    test('that is started after Viridian is used without a restart, and its absence is said before', async () => {
      await startStack();
      expect(await dockerInfo()).toMatchObject({
        available: false,
        reason: `There is no Docker socket at ${socket}.`,
        addressing: null,
      });
      const refused = await put({ image: 'debian:bookworm-slim' });
      expect([refused.status, refused.body.code]).toEqual([422, 'deployment.runtime_unavailable']);
      expect(refused.body.detail).toContain(`There is no Docker socket at ${socket}.`);
      await startEngine();
      await eventually(async () => (await dockerInfo()).available, 'the engine');
      await eventually(async () => (await dockerInfo()).addressing === 'container', 'the way to containers');
      const { body } = await put({ image: 'debian:bookworm-slim' });
      expect(await ended(body.id)).toMatchObject({ status: 'succeeded' });
      expect(await countContainers()).toBe(1);
    });

    test('that goes in the middle of a build is waited for, and the deployment ends with one container', async () => {
      await startEngine();
      await startStack();
      const Dockerfile = `FROM debian:bookworm-slim\nRUN sleep 2 && echo ${folder} > /here\n`;
      const path = await uploadArchive(stack, { Dockerfile });
      const { body } = await put({ build: { path } });
      const builds = async () => (await docker.listContainers()).some(({ Command }) => Command.includes(folder));
      await eventually(builds, 'the step that runs');
      proxy?.cut();
      await eventually(async () => {
        const log = await call('GET', '/endpoints/outage/deployments/blue/logs?container=build');
        return String(log.body.content).includes('Waiting for the Docker engine') ? true : log.body.content;
      }, 'the wait for the engine');
      proxy?.restore();
      expect(await ended(body.id)).toMatchObject({ status: 'succeeded' });
      expect(await countContainers()).toBe(1);
    });

    test.each([
      [
        'pulls',
        /^POST .*\/images\/create/,
        'failed to register layer: write /usr/lib/libtorch.so: no space left on device',
      ],
      ['builds', /^POST .*\/build\?/, 'write /var/lib/docker/tmp/docker-builder1/model.bin: no space left on device'],
    ])('that runs out of room while it %s says so', async (what, callOf, message) => {
      const faulty = await startFaultyEngine(ENGINE_SOCKET, socket);
      try {
        await startStack();
        const events = [{ status: 'Pulling fs layer' }, { errorDetail: { message }, error: message }];
        faulty.fault = { call: callOf, status: 200, body: events.map((event) => JSON.stringify(event)).join('\n') };
        const path = await uploadArchive(stack, { Dockerfile: 'FROM debian:bookworm-slim\nRUN true\n' });
        const { body } = await put(what === 'builds' ? { build: { path } } : { image: 'registry.invalid/torch:1' });
        const { status, error } = await ended(body.id);
        expect([status, error.code], JSON.stringify(error)).toEqual(['failed', 'deployment.disk_full']);
        expect(error.detail).toMatch(/disk.*(full|room)|room.*disk/i);
        expect(await countContainers()).toBe(0);
      } finally {
        await faulty.close();
      }
    });
  },
);
