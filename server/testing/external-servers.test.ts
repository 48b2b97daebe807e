import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { users } from '#drizzle/schema/users.ts';
import { MASKED_VALUE } from '#lib/contracts/external-rules.ts';
import { dialGrpc, metadata, predict as callMethod } from '#server/gateway/testing/grpc-client.ts';
import { startGrpcModel } from '#server/gateway/testing/grpc-model.ts';
import { openDatabase } from '#server/store/database.ts';
import { createTestStack, type TestStack } from './create-test-stack.ts';
import { eventually } from './eventually.ts';
import { startHttpServer, type TestHttpServer } from './start-http-server.ts';

const NAME = 'models.example';
const SECRET = 'sk-upstream-0123456789';

type Body = Record<string, unknown>;

/** REST API, store, loop and the real gateway in front of real servers on loopback; only names are resolved by the test. */
describe('external servers', () => {
  let stack: TestStack;
  let key: string;
  let zone: Record<string, string[]> = {};

  beforeAll(async () => {
    stack = await createTestStack({
      gateway: 'process',
      resolveMs: 20,
      lookup: async (host) => zone[host] ?? [],
      environment: { VIRIDIAN_EXTERNAL_ALLOW: '127.0.0.0/8' },
    });
    zone = { [NAME]: ['127.0.0.1'] };
    await ok('PUT', '/endpoints/iris', {});
    key = String((await ok('GET', '/endpoints/iris/keys'))['primary_key']);
  });

  afterAll(() => stack.stop());

  async function ok(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await stack.call(method, path, body);
    expect(answer).toMatchObject({ status: expect.toSatisfy((code: number) => code < 300) });
    return answer.body;
  }

  const pathOf = (name: string): string => `/endpoints/iris/deployments/${name}`;

  const ended = (operation: unknown): Promise<Body> => stack.ended(String(operation));

  async function deploy(name: string, external: Body, more: Body = {}): Promise<Body> {
    return ended((await ok('PUT', pathOf(name), { type: 'external', external, ...more }))['id']);
  }

  async function start(name: string): Promise<TestHttpServer> {
    const server = await startHttpServer(name);
    onTestFinished(() => server.close());
    return server;
  }

  const predict = (headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${stack.gatewayUrl}/iris/score`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: '{}',
    });

  /** Predicts without a pause on four connections until it is stopped; then says which statuses there were. */
  function startLoad() {
    const statuses = new Map<number, number>();
    let over = false;
    const loops = Array.from({ length: 4 }, async () => {
      while (!over) {
        const { status } = await predict();
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    return {
      statuses,
      async stop(): Promise<number[]> {
        over = true;
        await Promise.all(loops);
        return [...statuses.keys()];
      },
    };
  }

  test('stand beside a managed deployment under one split', async () => {
    const server = await start('green');
    await ended((await ok('PUT', pathOf('blue'), { command: ['fake'], instance_type: 'cpu-1' }))['id']);
    const url = `http://${NAME}:${server.port}/v2/`;
    expect(await deploy('green', { urls: [url], health_path: '/health' })).toMatchObject({ status: 'succeeded' });
    await ok('PUT', '/endpoints/iris/traffic', { traffic: { blue: 50, green: 50 } });
    const answers = await Promise.all(Array.from({ length: 100 }, () => predict()));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    const byName = Map.groupBy(answers, ({ headers }) => headers.get('azureml-model-deployment'));
    // Exact in each of the two workers, which take odd numbers of requests too.
    for (const name of ['blue', 'green']) expect(Math.abs((byName.get(name)?.length ?? 0) - 50)).toBeLessThan(2);
    expect(server.calls[0]).toMatchObject({ path: '/v2/score', headers: { host: `${NAME}:${server.port}` } });
    await ok('PUT', '/endpoints/iris/traffic', { traffic: { blue: 100 }, mirror_traffic: { green: 100 } });
    const before = server.calls.length;
    await predict();
    await eventually(() => server.calls.length > before, 'the copy');
    expect(server.calls.at(-1)?.headers['azureml-mirrored']).toBe('true');
    await ok('PUT', '/endpoints/iris/traffic', { traffic: { blue: 100 }, mirror_traffic: {} });
  });

  test('are told as what they are: their servers, no runtime, no price', async () => {
    const server = await start('amber');
    await deploy('amber', { urls: [`http://127.0.0.1:${server.port}`] });
    const shown = await ok('GET', pathOf('amber'));
    expect(shown).toMatchObject({
      type: 'external',
      deployment_kind: 'external',
      instance_type: 'external',
      instance_count: 1,
      ready_instances: 1,
      price_per_hour_micros: 0,
      run_rate_micros_per_hour: 0,
      model: null,
      external: { urls: [`http://127.0.0.1:${server.port}`], health_path: '/', headers: {} },
      readiness_probe: { period: 5, failure_threshold: 3 },
    });
    expect(shown).not.toHaveProperty('runtime');
    const { items } = (await ok('GET', `${pathOf('amber')}/instances`)) as { items: Body[] };
    expect(items).toMatchObject([
      {
        state: 'ready',
        url: `http://127.0.0.1:${server.port}`,
        runtime_ref: `external:127.0.0.1:${server.port}`,
        probe: 'HTTP 200',
        cpu_percent: null,
      },
    ]);
    const { content } = await ok('GET', `${pathOf('amber')}/logs`);
    expect(content).toContain(`watched at 127.0.0.1, port ${server.port}`);
    const { model: _model, ...written } = shown;
    const again = await ok('PUT', pathOf('amber'), written);
    expect(await ended(again['id'])).toMatchObject({ status: 'succeeded' });
    expect((await ok('GET', pathOf('amber')))['spec_hash']).toBe(shown['spec_hash']);
    const costs = await ok('GET', '/costs?group_by=deployment,instance_type&endpoint=iris');
    expect(costs['items']).toContainEqual(
      expect.objectContaining({ deployment: 'amber', instance_type: 'external', cost_micros: 0, prices: [] }),
    );
    await ended((await ok('DELETE', pathOf('amber')))['id']);
  });

  test('take calls of gRPC at a port of its own', async () => {
    const [server, model] = [await start('teal'), await startGrpcModel('teal')];
    await deploy('teal', { urls: [`http://127.0.0.1:${server.port}`], grpc_port: model.port });
    expect(await ok('GET', pathOf('teal'))).toMatchObject({ external: { grpc_port: model.port } });
    const client = dialGrpc(Number(new URL(stack.gatewayUrl ?? '').port));
    const fields = metadata({ authorization: `Bearer ${key}`, 'azureml-model-deployment': 'teal' });
    expect(await callMethod(client, 'hello', fields)).toMatchObject({ code: 0, answer: 'teal:hello' });
    expect((await predict({ 'azureml-model-deployment': 'teal' })).status).toBe(200);
    expect(model.calls).toHaveLength(1);
    await ended((await ok('DELETE', pathOf('teal')))['id']);
  });

  test('get their secret from the gateway, and nobody reads it', async () => {
    const server = await start('violet');
    const external = { urls: [`http://127.0.0.1:${server.port}`], headers: { Authorization: `Bearer ${SECRET}` } };
    await deploy('violet', external);
    const masked = { headers: { Authorization: MASKED_VALUE } };
    const shown = await ok('GET', pathOf('violet'));
    expect(shown).toMatchObject({ external: masked });
    await predict({ 'azureml-model-deployment': 'violet' });
    expect(server.calls.at(-1)?.headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(server.probes.at(-1)?.headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(await readFile(stack.dataDir.routeTable, 'utf8')).not.toContain(SECRET);
    for (const file of [stack.dataDir.database, `${stack.dataDir.database}-wal`]) {
      expect((await readFile(file)).includes(SECRET)).toBe(false);
    }
    // The masked value, the same value and another field: none of them makes another deployment.
    for (const change of [masked, external, {}]) {
      await ended((await ok('PATCH', pathOf('violet'), { external: change }))['id']);
      expect((await ok('GET', pathOf('violet')))['spec_hash']).toBe(shown['spec_hash']);
    }
    await ended(
      (await ok('PATCH', pathOf('violet'), { external: { headers: { Authorization: 'Bearer new' } } }))['id'],
    );
    await predict({ 'azureml-model-deployment': 'violet' });
    expect(server.calls.at(-1)?.headers.authorization).toBe('Bearer new');
    await ended((await ok('DELETE', pathOf('violet')))['id']);
  });

  test('are changed for others without a failed request', async () => {
    const [one, two, three] = [await start('one'), await start('two'), await start('three')];
    const urlOf = ({ port }: TestHttpServer): string => `http://${NAME}:${port}`;
    await deploy('umber', { urls: [urlOf(one)] });
    await ok('PUT', '/endpoints/iris/traffic', { traffic: { umber: 100 } });
    const load = startLoad();
    await eventually(() => (load.statuses.get(200) ?? 0) > 20);
    expect(await deploy('umber', { urls: [urlOf(two), urlOf(three)] })).toMatchObject({ status: 'succeeded' });
    await eventually(() => two.calls.length > 20 && three.calls.length > 20);
    expect(await load.stop()).toEqual([200]);
    await ok('PUT', '/endpoints/iris/traffic', { traffic: { blue: 100 } });
    await ended((await ok('DELETE', pathOf('umber')))['id']);
  });

  test('go on to be called while the control plane is started anew, at the addresses that they had', async () => {
    const server = await start('restarted');
    await deploy('umber', { urls: [`http://${NAME}:${server.port}`] });
    await ok('PUT', '/endpoints/iris/traffic', { traffic: { umber: 100 } });
    const load = startLoad();
    await eventually(() => (load.statuses.get(200) ?? 0) > 20);
    zone = {};
    await stack.restart();
    const before = server.calls.length;
    await eventually(() => server.calls.length > before + 100);
    expect(await load.stop()).toEqual([200]);
    expect(await ok('GET', pathOf('umber'))).toMatchObject({ ready_instances: 1, provisioning_state: 'Succeeded' });
    zone = { [NAME]: ['127.0.0.1'] };
    await ok('PUT', '/endpoints/iris/traffic', { traffic: { blue: 100 } });
    await ended((await ok('DELETE', pathOf('umber')))['id']);
  });

  test('take the place of a managed deployment, and give it back, without a failed request', async () => {
    const server = await start('moved');
    const managed = { command: ['fake'], instance_type: 'cpu-1' };
    await ended((await ok('PUT', pathOf('umber'), managed))['id']);
    await ok('PUT', '/endpoints/iris/traffic', { traffic: { umber: 100 } });
    const load = startLoad();
    await eventually(() => (load.statuses.get(200) ?? 0) > 20);
    await deploy('umber', { urls: [`http://127.0.0.1:${server.port}`] });
    await eventually(() => server.calls.length > 20);
    await ended((await ok('PUT', pathOf('umber'), managed))['id']);
    expect(await load.stop()).toEqual([200]);
    const { content } = await ok('GET', `${pathOf('umber')}/logs`);
    for (const words of ['started on port', 'watched at 127.0.0.1', 'not watched any more'])
      expect(content).toContain(words);
    await ok('PUT', '/endpoints/iris/traffic', { traffic: { blue: 100 } });
    await ended((await ok('DELETE', pathOf('umber')))['id']);
  });

  test('of which one is gone are called on at the others, and it counts again once it is back', async () => {
    const [one, two] = [await start('one'), await startHttpServer('two')];
    const urls = [one, two].map(({ port }) => `http://127.0.0.1:${port}`);
    await deploy('umber', { urls }, { readiness_probe: { period: 1, failure_threshold: 1 } });
    await ok('PUT', '/endpoints/iris/traffic', { traffic: { umber: 100 } });
    const stateOfTwo = async (): Promise<Body | undefined> => {
      const { items } = (await ok('GET', `${pathOf('umber')}/instances`)) as { items: Body[] };
      return items.find(({ url }) => url === urls[1]);
    };
    await two.close();
    // Nothing was under way when it went, so whoever finds it gone tries the other.
    const statuses = new Set<number>();
    await eventually(async () => {
      statuses.add((await predict()).status);
      return (await stateOfTwo())?.['state'] === 'unready';
    }, 'the end of it to be seen');
    expect([...statuses]).toEqual([200]);
    expect(await stateOfTwo()).toMatchObject({ probe: 'connection refused' });
    const back = await startHttpServer('two', '127.0.0.1', two.port);
    onTestFinished(() => back.close());
    await eventually(async () => (await stateOfTwo())?.['state'] === 'ready', 'its return');
    await ok('PUT', '/endpoints/iris/traffic', { traffic: { blue: 100 } });
    await ended((await ok('DELETE', pathOf('umber')))['id']);
  });

  test('are for administrators only', async () => {
    const database = openDatabase(stack.dataDir.database);
    onTestFinished(() => database.close());
    const become = (role: string): Promise<unknown> =>
      database.transact(async ({ orm }) => void orm.update(users).set({ role }).run());
    await become('operator');
    onTestFinished(() => become('administrator').then(() => undefined));
    const external = { urls: ['http://127.0.0.1'] };
    for (const answer of [
      await stack.call('PUT', pathOf('refused'), { type: 'external', external }),
      await stack.call('POST', '/external-servers/try', external),
    ]) {
      expect(answer).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } });
    }
  });

  test('whose name is bound to a forbidden address stay where they were', async () => {
    const server = await start('magenta');
    await deploy('magenta', { urls: [`http://${NAME}:${server.port}`] });
    zone[NAME] = ['169.254.169.254'];
    const probed = (await eventually(async () => {
      const { items } = (await ok('GET', `${pathOf('magenta')}/instances`)) as { items: Body[] };
      return items.find(({ probe }) => String(probe).includes('169.254.169.254'));
    })) as Body;
    expect(probed).toMatchObject({ state: 'ready', runtime_ref: `external:127.0.0.1:${server.port}` });
    expect((await predict({ 'azureml-model-deployment': 'magenta' })).status).toBe(200);
    zone[NAME] = ['127.0.0.1'];
    await ended((await ok('DELETE', pathOf('magenta')))['id']);
  });

  test('that do not become healthy fail with the answer and the remedy, and keep what served before', async () => {
    const [good, bad] = [await start('good'), await start('bad')];
    bad.health = 404;
    const urlOf = ({ port }: TestHttpServer): string => `http://127.0.0.1:${port}`;
    await deploy('grey', { urls: [urlOf(good)] });
    const probe = { readiness_probe: { period: 1, failure_threshold: 1 } };
    const failed = await deploy('grey', { urls: [urlOf(bad)], health_path: '/nope' }, probe);
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'deployment.not_ready_in_time' } });
    expect((failed['error'] as Body)['detail']).toContain(`GET ${urlOf(bad)}/nope`);
    expect((failed['error'] as Body)['detail']).toContain('HTTP 404');
    expect((await predict({ 'azureml-model-deployment': 'grey' })).status).toBe(200);
    await ended((await ok('DELETE', pathOf('grey')))['id']);
  });

  test.each<[string, Body, string, string]>([
    ['no servers', {}, 'request.invalid', '/external'],
    ['no URLs', { external: { urls: [] } }, 'request.invalid', '/external/urls'],
    ['another scheme', { external: { urls: ['ftp://127.0.0.1/'] } }, 'request.invalid', '/external/urls/0'],
    ['credentials in a URL', { external: { urls: ['http://a:b@127.0.0.1/'] } }, 'request.invalid', '/external/urls/0'],
    [
      'a server twice',
      { external: { urls: ['http://127.0.0.1:80', 'http://127.1/'] } },
      'request.invalid',
      '/external/urls/1',
    ],
    [
      'a field of the gateway',
      { external: { urls: ['http://127.0.0.1'], headers: { Host: 'x' } } },
      'request.invalid',
      '/external/headers/Host',
    ],
    [
      'a line break in a value',
      { external: { urls: ['http://127.0.0.1'], headers: { a: 'b\r\nc' } } },
      'request.invalid',
      '/external/headers/a',
    ],
    [
      'a masked value that stands for nothing',
      { external: { urls: ['http://127.0.0.1'], headers: { a: MASKED_VALUE } } },
      'request.invalid',
      '/external/headers/a',
    ],
    ['a command', { external: { urls: ['http://127.0.0.1'] }, command: ['x'] }, 'request.invalid', '/command'],
    ['a runtime', { external: { urls: ['http://127.0.0.1'] }, runtime: 'process' }, 'request.invalid', '/runtime'],
    ['another type', { external: { urls: ['http://127.0.0.1'] }, type: 'managed' }, 'request.invalid', '/type'],
    [
      'an instance type that is not there',
      { external: { urls: ['http://127.0.0.1'] }, instance_type: 'none' },
      'deployment.instance_type_unknown',
      '/instance_type',
    ],
    [
      'a metadata service as a number',
      { external: { urls: ['http://127.0.0.1', 'http://2852039166/'] } },
      'deployment.address_not_allowed',
      '/external/urls/1',
    ],
    [
      'a private address',
      { external: { urls: ['http://10.0.0.1'] } },
      'deployment.address_not_allowed',
      '/external/urls/0',
    ],
    [
      'an unknown name',
      { external: { urls: ['http://nowhere.example'] } },
      'deployment.address_unknown',
      '/external/urls/0',
    ],
  ])('with %s are refused at the field', async (_what, body, code, path) => {
    const answer = await stack.call('PUT', pathOf('refused'), { type: 'external', ...body });
    expect(answer).toMatchObject({ status: 422, body: { code, errors: [{ path }] } });
  });

  test('are tried out before anything is made', async () => {
    const server = await start('tried');
    const tryOut = async (external: Body): Promise<Body[]> =>
      (await ok('POST', '/external-servers/try', external))['items'] as Body[];
    const url = `http://${NAME}:${server.port}/v2`;
    expect(await tryOut({ urls: [url], health_path: '/up', headers: { a: 'b' } })).toMatchObject([
      { url, ok: true, address: '127.0.0.1', message: 'HTTP 200' },
    ]);
    expect(server.probes[0]).toMatchObject({ path: '/v2/up', headers: { a: 'b' } });
    server.health = 401;
    const [refused, forbidden] = await tryOut({ urls: [url, 'http://[fe80::1]/'] });
    expect(refused).toMatchObject({ ok: false, message: expect.stringContaining('add it to the headers') });
    expect(forbidden).toMatchObject({ ok: false, address: null, message: expect.stringContaining('link-local') });
  });
});
