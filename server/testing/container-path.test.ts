import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestStack, type TestStack } from './create-test-stack.ts';
import { eventually } from './eventually.ts';
import { DOCKER_HOST, hasDocker } from './require-docker.ts';
import { uploadArchive } from './upload-archive.ts';

const MODEL = readFileSync(join(import.meta.dirname, 'container-model.py'));
const DOCKERFILE = [
  'FROM debian:bookworm-slim',
  'COPY model.py /app/model.py',
  'RUN chmod 0644 /app/model.py',
  'EXPOSE 8000',
  'CMD ["python3", "/app/model.py"]',
  '',
].join('\n');

const ROUTES = {
  liveness_route: { path: '/live', port: 8000 },
  readiness_route: { path: '/ready', port: 8000 },
  scoring_route: { path: '/score', port: 8000 },
};

const docker = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)('docker', args, { env: { ...process.env, DOCKER_HOST } })).stdout;

/** Fails soon: six attempts, half a second each. */
const IMPATIENT = { readiness_probe: { period: 1, timeout: 1, failure_threshold: 6 } };

/** Builds, starts and waits for probes to give up, on a host that may be busy. */
const LIMIT_MS = 120_000;

describe.skipIf(!hasDocker)(
  'containers of a real engine (VIRIDIAN_REQUIRE=docker insists on it)',
  { timeout: LIMIT_MS },
  () => {
    let stack: TestStack;
    let environment: string;
    let firstImage = '';

    beforeAll(async () => {
      stack = await createTestStack({ driver: 'process', gateway: 'process', dockerHost: DOCKER_HOST });
      await call('PUT', '/endpoints/containers', {});
      await call('PUT', '/instance-types/tiny', { cpu: 1, memory_mib: 96, price_per_hour_micros: 0, currency: 'USD' });
      const path = await uploadArchive(stack, { Dockerfile: DOCKERFILE, 'model.py': MODEL });
      const made = await call('PUT', '/environments/faulty/versions/1', {
        build: { path },
        inference_config: ROUTES,
      });
      expect(made.status).toBe(201);
      environment = 'azureml:faulty:1';
    }, 60_000);

    afterAll(async () => {
      await ended((await call('DELETE', '/endpoints/containers')).body.id);
      const { builds } = (await call('GET', '/environments/faulty/versions/1')).body;
      await stack.stop();
      await docker('rmi', '--force', builds[0].image_id, firstImage);
    }, 60_000);

    const call: TestStack['call'] = (...request) => stack.call(...request);
    const ended = (operation: string) => stack.ended(operation, 90_000);

    async function deploy(name: string, change: Record<string, unknown> = {}, query = '') {
      const body = { environment, instance_type: 'cpu-1', ...IMPATIENT, ...change };
      const answer = await call('PUT', `/endpoints/containers/deployments/${name}${query}`, body);
      expect(answer.status, JSON.stringify(answer.body)).toBe(202);
      return ended(answer.body.id);
    }

    const predict = async (): Promise<string> => {
      const { primary_key: key } = (await call('GET', '/endpoints/containers/keys')).body;
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const answer = await fetch(`${stack.gatewayUrl}/containers/score`, { method: 'POST', headers, body: '{}' });
      return `${answer.status} ${await answer.text()}`;
    };

    test('a Dockerfile becomes an image, the image a container, and the container answers predictions', async () => {
      const operation = await deploy('blue', { environment_variables: { VERSION: 'one' } }, '?all_traffic=true');
      expect(operation).toMatchObject({ status: 'succeeded' });
      expect(await predict()).toBe('200 one');
      const [instance] = (await call('GET', '/endpoints/containers/deployments/blue/instances')).body.items;
      expect(instance).toMatchObject({ state: 'ready', runtime_ref: expect.stringMatching(/^docker:[0-9a-f]{12}$/) });
      const log = await call('GET', '/endpoints/containers/deployments/blue/logs');
      expect(log.body.content).toContain('listening on');
      const build = await call('GET', '/endpoints/containers/deployments/blue/logs?container=build');
      expect(build.body.content).toContain('COPY model.py');
      const storage = await call('GET', '/endpoints/containers/deployments/blue/logs?container=storage-initializer');
      expect(storage.body.content).toContain(`${instance.id} There is no model to provide.`);
    });

    test('an update replaces the container without a failed prediction', async () => {
      let running = true;
      const answers = new Set<string>();
      const load = (async () => {
        while (running) answers.add(await predict());
      })();
      const operation = await deploy('blue', { environment_variables: { VERSION: 'two' } });
      running = false;
      expect(operation).toMatchObject({ status: 'succeeded' });
      await load;
      expect([...answers].toSorted()).toEqual(['200 one', '200 two']);
      expect(await predict()).toBe('200 two');
    });

    test('a newer build of the environment is rolled to, and its image runs without a failed prediction', async () => {
      const version = '/environments/faulty/versions/1';
      const [before] = (await call('GET', version)).body.deployments;
      expect(before).toMatchObject({ state: 'current', build_number: 1, image_id: expect.stringMatching(/^sha256:/) });
      firstImage = before.image_id;
      await call('POST', `${version}/build`, { rebuild: true });
      await eventually(async () => {
        const { builds } = (await call('GET', version)).body;
        return builds.length > 0 && builds.every(({ state }: { state: string }) => state === 'ready') ? true : null;
      }, 'the second build');
      expect((await call('GET', version)).body.deployments).toMatchObject([{ state: 'behind', build_number: 1 }]);

      let running = true;
      const answers = new Set<string>();
      const load = (async () => {
        while (running) answers.add(await predict());
      })();
      const { items } = (await call('POST', `${version}/roll`)).body;
      expect(await ended(items[0].operation_id)).toMatchObject({ kind: 'deployment.update', status: 'succeeded' });
      running = false;
      await load;
      expect([...answers]).toEqual(['200 two']);
      const [after] = (await call('GET', version)).body.deployments;
      expect(after).toMatchObject({ state: 'current', build_number: 2 });
      expect(after.image_id).not.toBe(before.image_id);
      const label = ['--filter', 'label=io.viridian.deployment=blue', '--format', '{{.ID}}'];
      const ids = (await docker('ps', '--no-trunc', ...label)).split('\n').filter((id) => id !== '');
      const images = await Promise.all(ids.map((id) => docker('inspect', '--format', '{{.Image}}', id)));
      expect(images.map((image) => image.trim())).toEqual([after.image_id]);
    });

    test('a version that never becomes ready gets no traffic, and the old one serves on', async () => {
      const operation = await deploy('blue', { environment_variables: { FAULT: '500' } });
      expect(operation).toMatchObject({ status: 'failed', error: { code: 'deployment.probe_failed' } });
      expect(await predict()).toBe('200 two');
    });

    // They wait more than they work, so they wait together.
    test.concurrent.each([
      ['a command that is not there', { command: ['nothing-of-this-name'] }, 'deployment.command_not_found'],
      ['a command that cannot be executed', { command: ['/app/model.py'] }, 'deployment.command_not_executable'],
      ['a program that ends at once', { environment_variables: { FAULT: 'exits' } }, 'deployment.exited'],
      [
        'a program that ends while it is probed',
        { environment_variables: { FAULT: 'exits while probed' } },
        'deployment.exited',
      ],
      ['another port', { environment_variables: { FAULT: 'another port' } }, 'deployment.wrong_port'],
      ['loopback only', { environment_variables: { FAULT: 'loopback' } }, 'deployment.listens_on_loopback'],
      ['readiness that answers 404', { environment_variables: { FAULT: '404' } }, 'deployment.probe_failed'],
      ['readiness that never answers', { environment_variables: { FAULT: 'hangs' } }, 'deployment.not_ready_in_time'],
      ['a start that is too slow', { environment_variables: { FAULT: 'slow' } }, 'deployment.not_ready_in_time'],
      [
        'too little memory',
        { environment_variables: { FAULT: 'memory' }, instance_type: 'tiny' },
        'deployment.out_of_memory',
      ],
      ['a file of the model that is missing', { environment_variables: { FAULT: 'no model' } }, 'deployment.exited'],
      [
        'an image that no registry has',
        { environment: { image: '127.0.0.1:9/nothing/here:1', inference_config: ROUTES } },
        'deployment.registry_unreachable',
      ],
    ])('a creation with %s says so', async (what, change, code) => {
      const { status, error } = await deploy(`broken-${what.length}-${code.length}`, change);
      expect([status, error?.code], JSON.stringify(error)).toEqual(['failed', code]);
      expect(error.detail.length).toBeGreaterThan(20);
    });

    test('what is deleted leaves no container and no network', async () => {
      await deploy('short');
      const list = async (...what: string[]): Promise<string[]> => {
        const filter = ['--filter', 'label=io.viridian.deployment=short', '--format', '{{.ID}}'];
        return (await docker(...what, ...filter)).split('\n').filter((id) => id !== '');
      };
      expect(await list('ps', '--all')).toHaveLength(1);
      expect(await list('network', 'ls')).toHaveLength(1);
      await ended((await call('DELETE', '/endpoints/containers/deployments/short')).body.id);
      await eventually(async () => (await list('network', 'ls')).length === 0, 'the network to be gone');
      expect(await list('ps', '--all')).toEqual([]);
    });

    test('a Dockerfile whose step fails says which and why', async () => {
      const path = await uploadArchive(stack, {
        Dockerfile: 'FROM debian:bookworm-slim\nRUN echo trouble >&2; exit 7\n',
      });
      const { status, error } = await deploy('broken', { environment: { build: { path }, inference_config: ROUTES } });
      expect([status, error?.code]).toEqual(['failed', 'deployment.build_failed']);
      expect(JSON.stringify(error)).toContain('trouble');
    });
  },
);
