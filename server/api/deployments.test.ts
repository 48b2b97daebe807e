import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '#server/testing/eventually.ts';
import { readEvents } from '#server/testing/read-events.ts';
import { startTestApi, type TestApi } from '#server/testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.call('POST', '/models', { name: 'iris', path: 'sample:iris-1' });
});
afterAll(() => api.stop());

let serial = 0;
async function makeEndpoint(): Promise<string> {
  const name = `shop-${(serial += 1)}`;
  await api.call('PUT', `/endpoints/${name}`, {});
  return name;
}

const fake = (...script: string[]) => ({ command: ['fake', ...script], instance_type: 'cpu-1' });

async function put(endpoint: string, name: string, body: unknown, query = ''): Promise<string> {
  const answer = await api.call('PUT', `/endpoints/${endpoint}/deployments/${name}${query}`, body);
  expect(answer.status).toBe(202);
  return answer.body.id;
}

async function deploy(endpoint: string, name: string, body: unknown = fake(), query = ''): Promise<void> {
  expect(await api.ended(await put(endpoint, name, body, query))).toMatchObject({ status: 'succeeded' });
}

const read = async (endpoint: string, name: string) =>
  (await api.call('GET', `/endpoints/${endpoint}/deployments/${name}`)).body;

describe('a deployment', () => {
  test('of an ONNX model becomes ready, takes the traffic it asked for, and tells everything that was filled in', async () => {
    const endpoint = await makeEndpoint();
    const body = { model: 'azureml:iris@latest', instance_type: 'STANDARD_DS3_V2', instance_count: 1 };
    await deploy(endpoint, 'Blue', body, '?all_traffic=true');
    expect(await read(endpoint, 'blue')).toMatchObject({
      name: 'blue',
      endpoint_name: endpoint,
      model: 'azureml:iris:1',
      instance_type: 'Standard_DS3_v2',
      deployment_kind: 'onnx',
      runtime: 'process',
      provisioning_state: 'Succeeded',
      ready_instances: 1,
      traffic_percent: 100,
      colour_slot: 1,
      request_settings: { request_timeout_ms: 60_000, max_concurrent_requests_per_instance: 256 },
      readiness_probe: { initial_delay: 0, period: 5, failure_threshold: 60 },
      liveness_probe: { initial_delay: 10, period: 10, timeout: 2, success_threshold: 1, failure_threshold: 30 },
      price_per_hour_micros: 293_000,
      run_rate_micros_per_hour: 293_000,
    });
    expect((await api.call('GET', `/endpoints/${endpoint}`)).body).toMatchObject({ state: 'healthy' });
  });

  test('that becomes ready is told in the activity, with the traffic that it takes', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue', fake(), '?all_traffic=true');
    await deploy(endpoint, 'green');
    const { items } = (await api.call('GET', `/endpoints/${endpoint}/activity`)).body;
    const newest = (name: string) => items.find((one: { deployment: string | null }) => one.deployment === name);
    expect(newest('blue').text).toBe('blue became ready and takes 100 % of the traffic');
    expect(newest('green')).toMatchObject({ kind: 'ready', text: 'green became ready and takes no traffic yet.' });
  });

  test('takes what YAML reads as numbers and truth values as text, and fixed words however they are capitalised', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue', {
      ...fake(),
      type: 'Managed',
      runtime: 'Process',
      scale_settings: { type: 'Default' },
      egress_public_network_access: 'Enabled',
      tags: { build: 12, final: true },
      properties: { ratio: 1.5 },
      environment_variables: { WORKERS: 2, DEBUG: false },
      liveness_probe: { success_threshold: 1 },
      readiness_probe: { success_threshold: 2 },
    });
    expect(await read(endpoint, 'blue')).toMatchObject({
      type: 'managed',
      runtime: 'process',
      scale_settings: { type: 'default' },
      egress_public_network_access: 'enabled',
      tags: { build: '12', final: 'true' },
      properties: { ratio: '1.5' },
      environment_variables: { WORKERS: '2', DEBUG: 'false' },
      readiness_probe: { success_threshold: 2 },
    });
  });

  test('written again as it was read changes nothing that runs', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue', { model: 'azureml:iris:1', instance_type: 'cpu-1' });
    const before = await read(endpoint, 'blue');
    const [instance] = (await api.call('GET', `/endpoints/${endpoint}/deployments/blue/instances`)).body.items;
    await deploy(endpoint, 'blue', before);
    const after = await read(endpoint, 'blue');
    expect(after.spec_hash).toBe(before.spec_hash);
    const { items } = (await api.call('GET', `/endpoints/${endpoint}/deployments/blue/instances`)).body;
    expect(items).toEqual([expect.objectContaining({ id: instance.id, restarts: 0 })]);
  });

  test('a null field is one that is left out, as answers show it', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue', { ...fake(), model: null });
    expect((await read(endpoint, 'blue')).model).toBeNull();
  });

  test('is patched field by field, and only its count is scaled without a new instance', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue', { ...fake(), tags: { a: '1' }, environment_variables: { A: '1', B: '2' } });
    const { spec_hash: hash } = await read(endpoint, 'blue');
    const path = `/endpoints/${endpoint}/deployments/blue`;
    const scaled = await api.call('PATCH', path, { instance_count: 2 });
    expect(scaled.status).toBe(202);
    await api.ended(scaled.body.id);
    expect(await read(endpoint, 'blue')).toMatchObject({ spec_hash: hash, ready_instances: 2, tags: { a: '1' } });
    const changed = await api.call('PATCH', path, { environment_variables: { A: null } });
    await api.ended(changed.body.id);
    expect(await read(endpoint, 'blue')).toMatchObject({ environment_variables: { B: '2' }, instance_count: 2 });
    expect((await read(endpoint, 'blue')).spec_hash).not.toBe(hash);
  });

  test('that fails says why with its last lines, holds no capacity, and is tried anew by writing it again', async () => {
    const endpoint = await makeEndpoint();
    const ended = await api.ended(await put(endpoint, 'blue', fake('no model here', 'exits', '3')));
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'deployment.exited' } });
    expect(ended.error.details.log_tail.join('\n')).toContain('no model here');
    expect(await read(endpoint, 'blue')).toMatchObject({
      provisioning_state: 'Failed',
      error: { code: 'deployment.exited' },
    });
    await deploy(endpoint, 'blue');
    expect(await read(endpoint, 'blue')).toMatchObject({ provisioning_state: 'Succeeded', error: null });
  });

  test('an update that fails leaves the earlier version serving', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue', fake(), '?all_traffic=true');
    const ended = await api.ended(await put(endpoint, 'blue', fake('exits', '1')));
    expect(ended.status).toBe('failed');
    expect(await read(endpoint, 'blue')).toMatchObject({
      provisioning_state: 'Failed',
      ready_instances: 1,
      traffic_percent: 100,
    });
  });

  test('a failed update gives up the traffic that it asked for', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue', fake(), '?all_traffic=true');
    await deploy(endpoint, 'green');
    expect(await api.ended(await put(endpoint, 'green', fake('exits', '1'), '?all_traffic=true'))).toMatchObject({
      status: 'failed',
    });
    await deploy(endpoint, 'blue', { ...fake(), tags: { a: 'b' } });
    expect((await api.call('GET', `/endpoints/${endpoint}/traffic`)).body.traffic).toEqual({ blue: 100, green: 0 });
  });

  test('a newer write supersedes the one that is under way, and an equal one joins it', async () => {
    const endpoint = await makeEndpoint();
    const first = await put(endpoint, 'blue', fake('never-ready'));
    expect(await put(endpoint, 'blue', fake('never-ready'))).toBe(first);
    await deploy(endpoint, 'blue', fake('other'));
    expect((await api.call('GET', `/operations/${first}`)).body.status).toBe('superseded');
  });

  test('keeps its claim on the traffic when other settings change, and loses it to a split that is set meanwhile', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue', fake(), '?all_traffic=true');
    const claim = (name: string) => put(endpoint, name, fake('never-ready'), '?all_traffic=true');
    const becomeReady = async (name: string): Promise<void> => {
      const own = () => [...api.world.instances.keys()].find((id) => id.startsWith(`${endpoint}.${name}.`));
      api.world.setReady(await eventually(own), true);
    };
    const traffic = async () => (await api.call('GET', `/endpoints/${endpoint}/traffic`)).body.traffic;
    const green = await claim('green');
    const { body } = await api.call('GET', `/endpoints/${endpoint}`);
    await api.call('PUT', `/endpoints/${endpoint}`, { ...body, description: 'meanwhile' });
    await becomeReady('green');
    expect(await api.ended(green)).toMatchObject({ status: 'succeeded' });
    expect(await traffic()).toEqual({ blue: 0, green: 100 });
    const amber = await claim('amber');
    await api.call('PUT', `/endpoints/${endpoint}/traffic`, { traffic: { green: 100 } });
    await becomeReady('amber');
    expect(await api.ended(amber)).toMatchObject({ status: 'succeeded' });
    expect(await traffic()).toEqual({ blue: 0, green: 100, amber: 0 });
  });

  test('is cancelled: a creation leaves nothing behind, an update goes back to what served', async () => {
    const endpoint = await makeEndpoint();
    const created = await put(endpoint, 'green', fake('never-ready'));
    expect(await api.call('POST', `/operations/${created}/cancel`)).toMatchObject({
      status: 202,
      body: { status: 'canceled' },
    });
    await eventually(async () => (await api.call('GET', `/endpoints/${endpoint}/deployments/green`)).status === 404);
    await deploy(endpoint, 'blue');
    const { spec_hash: hash } = await read(endpoint, 'blue');
    const updated = await put(endpoint, 'blue', fake('never-ready', 'x'));
    await api.call('POST', `/operations/${updated}/cancel`);
    expect(await read(endpoint, 'blue')).toMatchObject({ provisioning_state: 'Canceled', spec_hash: hash });
    expect(await api.call('POST', `/operations/${updated}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'operation.already_finished' },
    });
  });

  test('is restarted with new instances', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue');
    const ids = async () =>
      (await api.call('GET', `/endpoints/${endpoint}/deployments/blue/instances`)).body.items.map(
        (item: { id: string }) => item.id,
      );
    const before = await ids();
    const restarted = await api.call('POST', `/endpoints/${endpoint}/deployments/blue/restart`);
    expect(restarted).toMatchObject({ status: 202, body: { kind: 'deployment.restart' } });
    expect(await api.ended(restarted.body.id)).toMatchObject({ status: 'succeeded' });
    expect(await ids()).not.toEqual(before);
  });

  test('with a wrong port in its container is refused by the name of that field', async () => {
    const environment = { image: 'debian', inference_config: { scoring_route: { path: '/', port: '80x' } } };
    const path = `/endpoints/${await makeEndpoint()}/deployments/blue`;
    expect(await api.call('PUT', path, { environment, instance_type: 'cpu-1' })).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/environment/inference_config/scoring_route/port' }] },
    });
  });

  test('that failed takes the traffic it was to have when another attempt gets ready', async () => {
    const endpoint = await makeEndpoint();
    const body = fake('exits', '1');
    expect(await api.ended(await put(endpoint, 'blue', body, '?all_traffic=true'))).toMatchObject({ status: 'failed' });
    const restart = `/endpoints/${endpoint}/deployments/blue/restart`;
    const failed = await api.call('POST', `${restart}?all_traffic=true`);
    expect(await api.ended(failed.body.id)).toMatchObject({ status: 'failed' });
    await deploy(endpoint, 'blue');
    expect(await read(endpoint, 'blue')).toMatchObject({ traffic_percent: 0 });
    const restarted = await api.call('POST', `${restart}?all_traffic=true`);
    expect(await api.ended(restarted.body.id)).toMatchObject({ status: 'succeeded' });
    expect(await read(endpoint, 'blue')).toMatchObject({ traffic_percent: 100 });
  });

  test('has one of its instances replaced while the others stay', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue', { ...fake(), instance_count: 3 });
    const path = `/endpoints/${endpoint}/deployments/blue/instances`;
    const ids = async (): Promise<string[]> =>
      (await api.call('GET', path)).body.items.map((item: { id: string }) => item.id);
    const before = await ids();
    const restarted = await api.call('POST', `${path}/${before[1]}/restart`);
    expect(restarted).toMatchObject({ status: 202, body: { kind: 'deployment.restart' } });
    expect(await api.ended(restarted.body.id)).toMatchObject({ status: 'succeeded' });
    const after = await ids();
    expect(after).toHaveLength(3);
    expect(before.filter((id) => !after.includes(id))).toEqual([before[1]]);
    expect(await api.call('POST', `${path}/${before[1]}/restart`)).toMatchObject({
      status: 404,
      body: { code: 'request.not_found' },
    });
  });

  test('is not deleted while it takes traffic; afterwards nothing of it is left', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue', fake(), '?all_traffic=true');
    const path = `/endpoints/${endpoint}/deployments/blue`;
    expect(await api.call('DELETE', path)).toMatchObject({ status: 409, body: { code: 'deployment.has_traffic' } });
    await api.call('PUT', `/endpoints/${endpoint}/traffic`, { traffic: { blue: 0 } });
    const deleted = await api.call('DELETE', path);
    expect(deleted).toMatchObject({ status: 202, body: { kind: 'deployment.delete' } });
    expect(await api.ended(deleted.body.id)).toMatchObject({ status: 'succeeded' });
    expect((await api.call('GET', path)).body.code).toBe('deployment.not_found');
    expect((await api.call('DELETE', path)).status).toBe(404);
  });

  test.each([
    ['no model and no command', { instance_type: 'cpu-1' }, 'request.invalid', '/model'],
    ['an unknown model', { model: 'azureml:nobody:1' }, 'deployment.model_missing', '/model'],
    ['an unknown version', { model: 'azureml:iris:9' }, 'deployment.model_missing', '/model'],
    ['a malformed reference', { model: 'iris' }, 'request.invalid', '/model'],
    [
      'an unknown instance type',
      { ...fake(), instance_type: 'huge' },
      'deployment.instance_type_unknown',
      '/instance_type',
    ],
    [
      'a GPU size on a host without',
      { ...fake(), instance_type: 'Standard_NC6s_v3' },
      'deployment.instance_type_too_large',
      '/instance_type',
    ],
    [
      'code that was not uploaded',
      { code_configuration: { code: 'upload:x', scoring_script: 's.py' } },
      'request.invalid',
      '/code_configuration/code',
    ],
    ['a container without an image', { ...fake(), runtime: 'docker' }, 'deployment.kind_not_supported', '/environment'],
    ['another name', { ...fake(), name: 'green' }, 'request.invalid', '/name'],
    ['another endpoint', { ...fake(), endpoint_name: 'other' }, 'request.invalid', '/endpoint_name'],
    ['a misspelt field', { ...fake(), instance_cuont: 1 }, 'request.unknown_field', '/instance_cuont'],
    [
      'a misspelt field inside',
      { ...fake(), readiness_probe: { perod: 1 } },
      'request.unknown_field',
      '/readiness_probe/perod',
    ],
    [
      'more than one success for liveness',
      { ...fake(), liveness_probe: { success_threshold: 2 } },
      'request.invalid',
      '/liveness_probe/success_threshold',
    ],
    [
      'a variable that no program could read',
      { ...fake(), environment_variables: { '1A': 'x' } },
      'request.invalid',
      '/environment_variables/1A',
    ],
    [
      'a variable that is no text',
      { ...fake(), environment_variables: { A: [] } },
      'request.invalid',
      '/environment_variables/A',
    ],
    [
      'too long a time-out',
      { ...fake(), request_settings: { request_timeout_ms: 3_600_001 } },
      'request.invalid',
      '/request_settings/request_timeout_ms',
    ],
  ])('with %s is refused with the field and nothing is made', async (_name, body, code, path) => {
    const endpoint = await makeEndpoint();
    const answer = await api.call('PUT', `/endpoints/${endpoint}/deployments/blue`, body);
    expect(answer).toMatchObject({ status: 422, body: { code, errors: [expect.objectContaining({ path })] } });
    expect((await api.call('GET', `/endpoints/${endpoint}/deployments`)).body.items).toEqual([]);
  });

  test('of an endpoint that is not there is not found, and of one that is being deleted is refused', async () => {
    expect(await api.call('PUT', '/endpoints/nobody/deployments/blue', fake())).toMatchObject({
      status: 404,
      body: { code: 'endpoint.not_found' },
    });
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue');
    api.gateway.holdBack();
    const deleted = await api.call('DELETE', `/endpoints/${endpoint}`);
    expect(await api.call('PUT', `/endpoints/${endpoint}/deployments/green`, fake())).toMatchObject({
      status: 409,
      body: { code: 'endpoint.busy_deleting' },
    });
    expect((await api.call('DELETE', `/endpoints/${endpoint}`)).body.id).toBe(deleted.body.id);
    api.gateway.confirm();
    await api.ended(deleted.body.id);
  });

  test('beyond the twentieth is refused', async () => {
    const endpoint = await makeEndpoint();
    for (let i = 0; i < 20; i += 1) await put(endpoint, `dep-${i}`, { ...fake(), instance_count: 0 });
    const answer = await api.call('PUT', `/endpoints/${endpoint}/deployments/dep-20`, fake());
    expect(answer).toMatchObject({ status: 409, body: { code: 'deployment.limit_reached' } });
    const list = await api.call('GET', `/endpoints/${endpoint}/deployments?limit=15`);
    const rest = await api.call('GET', `/endpoints/${endpoint}/deployments?limit=15&cursor=${list.body.next_cursor}`);
    expect([list.body.items.length, rest.body.items.length]).toEqual([15, 5]);
  });

  test('is only written at the revision of If-Match', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue');
    const path = `/endpoints/${endpoint}/deployments/blue`;
    const { headers, body } = await api.call('GET', path);
    const stale = { 'if-match': `"${body.revision + 1}"` };
    expect((await api.call('PATCH', path, { tags: {} }, stale)).status).toBe(412);
    expect((await api.call('DELETE', path, undefined, stale)).status).toBe(412);
    expect((await api.call('PUT', path, fake(), { 'if-none-match': '*' })).status).toBe(412);
    expect((await api.call('PATCH', path, { tags: {} }, { 'if-match': headers.get('etag') ?? '' })).status).toBe(202);
  });
});

describe('the console of a deployment', () => {
  test('is read as text, by tail and instance', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue', fake('first line', 'second line'));
    const path = `/endpoints/${endpoint}/deployments/blue/logs`;
    expect((await api.call('GET', path)).body.content).toMatch(/first line\n.*second line\n/);
    expect((await api.call('GET', `${path}?tail=1`)).body.content.trim().split('\n')).toHaveLength(1);
    expect((await api.call('GET', `${path}?instance=nobody`)).body.content).toBe('');
    expect((await api.call('GET', `${path}?container=build`)).body.content).toBe('');
    expect((await api.call('GET', `${path}?container=other`)).status).toBe(422);
  });

  test('of the storage initializer says what each instance was given, also of instances that come while it is read', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue', fake());
    const base = `/endpoints/${endpoint}/deployments/blue`;
    const path = `${base}/logs?container=storage-initializer`;
    const [first] = (await api.call('GET', `${base}/instances`)).body.items;
    expect((await api.call('GET', path)).body.content).toContain(`${first.id} There is no model to provide.`);
    expect((await api.call('GET', `${path}&instance=nobody`)).body.content).toBe('');
    const events = await readEvents(
      `${api.apiUrl}${path}&follow=true`,
      { authorization: `Bearer ${api.apiKey}` },
      (seen) => seen.length === 2,
      async () => void (await api.call('PATCH', base, { instance_count: 2 })),
    );
    expect(new Set(events.map(({ data }) => data['instance'])).size).toBe(2);
  });

  test('is followed as events that resume where the reader left', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue', fake('first line'));
    const path = `/endpoints/${endpoint}/deployments/blue/logs?follow=true`;
    const [instance] = [...api.world.instances.keys()].filter((id) => id.startsWith(`${endpoint}.`));
    const seen = await follow(path, (events) => events.some(({ data }) => data.text === 'first line'));
    api.world.print(instance ?? '', 'stderr', 'while away');
    const last = seen.find(({ data }) => data.text === 'first line');
    const resumed = await follow(path, (events) => events.some(({ data }) => data.text === 'while away'), last?.id);
    expect(resumed.some(({ data }) => data.text === 'first line')).toBe(false);
    expect(resumed.at(-1)).toMatchObject({ name: 'line', data: { stream: 'stderr', instance } });
  });

  test('of a deployment that is not there is an answer, not a stream', async () => {
    const endpoint = await makeEndpoint();
    const answer = await api.call('GET', `/endpoints/${endpoint}/deployments/nobody/logs?follow=true`);
    expect(answer).toMatchObject({ status: 404, body: { code: 'deployment.not_found' } });
  });
});

describe('an operation', () => {
  test('is followed as events until it has ended', async () => {
    const endpoint = await makeEndpoint();
    const id = await put(endpoint, 'blue', fake());
    const events = await follow(`/operations/${id}/events`, () => false);
    expect(events.at(-1)).toMatchObject({ name: 'operation', data: { id, status: 'succeeded' } });
  });

  test('is listed newest first, by status and resource, in stable pages', async () => {
    const endpoint = await makeEndpoint();
    await deploy(endpoint, 'blue');
    await deploy(endpoint, 'green');
    const resource = `/endpoints/${endpoint}`;
    const list = (await api.call('GET', `/operations?resource=${resource}&limit=1`)).body;
    expect(list.items[0].resource).toBe(`${resource}/deployments/green`);
    const rest = (await api.call('GET', `/operations?resource=${resource}&limit=1&cursor=${list.next_cursor}`)).body;
    expect(rest.items[0].resource).toBe(`${resource}/deployments/blue`);
    expect(rest.next_cursor).toBeNull();
    expect((await api.call('GET', `/operations?resource=${resource}&status=failed`)).body.items).toEqual([]);
    expect((await api.call('GET', '/operations/nobody')).body.code).toBe('operation.not_found');
  });
});

function follow(path: string, until: Parameters<typeof readEvents>[2], lastId?: string) {
  const resume = lastId === undefined ? {} : { 'last-event-id': lastId };
  return readEvents(`${api.apiUrl}${path}`, { authorization: `Bearer ${api.apiKey}`, ...resume }, until);
}
