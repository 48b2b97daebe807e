import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { createAddressPolicy } from '#server/domain/address-policy.ts';
import type { ExternalServers } from '#server/domain/external-server.ts';
import { systemClock } from '#server/kernel/clock.ts';
import { openExternalHeader, sealExternalHeader } from '#server/secrets/external-header.ts';
import { eventually } from '#server/testing/eventually.ts';
import { startHttpServer, type TestHttpServer } from '#server/testing/start-http-server.ts';
import type { InstanceSpec, ObservedInstance, RuntimeDriver } from '../runtime-driver.ts';
import { createExternalDriver } from './external-driver.ts';
import { createExternalServers } from './external-servers.ts';
import type { KeptServer } from './watch-server.ts';

const KEY = randomBytes(32);
const NAME = 'models.example';
const SOON_MS = 10;

/** What the name server says now; a test changes it. */
let zone: Record<string, string[]> = {};
const drivers: RuntimeDriver[] = [];

afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.stop();
  zone = {};
});

function servers(allowed = '127.0.0.0/8'): ExternalServers {
  return createExternalServers({
    lookup: async (host) => {
      const found = zone[host];
      if (found === undefined) throw Object.assign(new Error(host), { code: 'ENOTFOUND' });
      return found;
    },
    policy: createAddressPolicy([allowed]),
    seal: (deployment, value) => sealExternalHeader(KEY, deployment, value),
    open: (deployment, sealed) => openExternalHeader(KEY, deployment, sealed),
  });
}

async function open(remembered: readonly KeptServer[] = [], allowed?: string): Promise<RuntimeDriver> {
  const driver = createExternalDriver({
    servers: servers(allowed),
    clock: systemClock,
    remembered: async () => remembered,
    resolveMs: SOON_MS,
    onError(what, error) {
      throw new Error(what, { cause: error });
    },
  });
  drivers.push(driver);
  await driver.start();
  return driver;
}

async function start(name: string, address?: string, port?: number): Promise<TestHttpServer> {
  const server = await startHttpServer(name, address, port);
  onTestFinished(() => server.close());
  return server;
}

type WatchedSpec = KeptServer['spec'];

function specOf(url: string, change: Partial<InstanceSpec> = {}, headers: Record<string, string> = {}): WatchedSpec {
  const probe = {
    initialDelaySeconds: 0,
    periodSeconds: 1,
    timeoutSeconds: 1,
    successThreshold: 1,
    failureThreshold: 1,
  };
  return {
    instanceId: 'iris.green.a1',
    endpoint: 'iris',
    deployment: 'green',
    specHash: 'first',
    external: { url, headers },
    command: [],
    environment: {},
    modelDir: null,
    cpu: 0,
    memoryMib: 0,
    liveness: { ...probe, path: '/health', failureThreshold: 1000 },
    readiness: { ...probe, path: '/health' },
    stopGraceSeconds: 1,
    ...change,
  };
}

function reach(driver: RuntimeDriver, holds: (seen: ObservedInstance) => boolean): Promise<ObservedInstance> {
  return eventually(async () => (await driver.observe()).find(holds) ?? null, 'the observation');
}

const isReady = ({ state }: ObservedInstance): boolean => state === 'ready';

describe('a watched server', () => {
  test('is ready once it answers its probe, at the address that its name was resolved to', async () => {
    const { port } = await start('green');
    zone[NAME] = ['127.0.0.1'];
    const driver = await open();
    expect(await driver.ensure(specOf(`http://${NAME}:${port}`))).toEqual({ kind: 'started' });
    const seen = await reach(driver, isReady);
    expect(seen).toMatchObject({ address: { host: '127.0.0.1', port }, generation: 1, restarts: 0 });
    expect(seen.runtimeRef).toBe(`external:127.0.0.1:${port}`);
    expect(await driver.ensure(specOf(`http://${NAME}:${port}`))).toEqual({ kind: 'unchanged' });
  });

  test('is probed below its base path, under its own name and with its own fields', async () => {
    const { port, probes } = await start('green');
    zone[NAME] = ['127.0.0.1'];
    const driver = await open();
    const headers = { 'x-team-key': sealExternalHeader(KEY, 'iris/green', 's3cret') };
    await driver.ensure(specOf(`http://${NAME}:${port}/v2`, {}, headers));
    await reach(driver, isReady);
    expect(probes[0]).toMatchObject({
      path: '/v2/health',
      headers: { host: `${NAME}:${port}`, 'x-team-key': 's3cret' },
    });
  });

  test('that stops to answer is unready, with the answer in words, and ready again when it answers', async () => {
    const server = await start('green');
    const driver = await open();
    await driver.ensure(specOf(`http://127.0.0.1:${server.port}`));
    await reach(driver, isReady);
    server.health = 503;
    driver.check('iris.green.a1');
    const { probe } = await reach(driver, ({ state }) => state === 'unready');
    expect(probe.lastResult).toContain('HTTP 503');
    server.health = 200;
    driver.check('iris.green.a1');
    expect((await reach(driver, isReady)).generation).toBe(1);
  });

  test('that is not alive is given up and looked for anew', async () => {
    const server = await start('green');
    const driver = await open();
    const liveness = { ...specOf('').readiness, failureThreshold: 1 };
    const readiness = { ...liveness, failureThreshold: 1000 };
    server.health = 500;
    await driver.ensure(specOf(`http://127.0.0.1:${server.port}`, { liveness, readiness }));
    const seen = await reach(driver, ({ restarts }) => restarts > 0);
    expect(seen.lastExit?.reason).toContain('the liveness probe failed 1 times in a row, last with: HTTP 500');
    server.health = 200;
    expect((await reach(driver, isReady)).generation).toBeGreaterThan(1);
  });

  test('leaves notes about what was seen', async () => {
    const server = await start('green');
    const driver = await open();
    await driver.ensure(specOf(`http://127.0.0.1:${server.port}`));
    await reach(driver, isReady);
    const lines = await driver.readLogs('iris', 'green', null, { tail: 10 });
    expect(lines.map(({ stream, text }) => [stream, text])).toEqual([
      ['system', `watched at 127.0.0.1, port ${server.port}`],
      ['system', 'ready'],
    ]);
    await driver.forgetDeployment('iris', 'green');
    expect(await driver.readLogs('iris', 'green', null, { tail: 10 })).toEqual([]);
  });

  test('is forgotten when it is removed, and goes on serving', async () => {
    const { port } = await start('green');
    const driver = await open();
    await driver.ensure(specOf(`http://127.0.0.1:${port}`));
    await driver.remove('iris.green.a1');
    expect(await driver.observe()).toEqual([]);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  });
});

describe('an address', () => {
  test.each([
    ['that no list allows', ['10.1.2.3'], 'deployment.address_not_allowed', 'VIRIDIAN_EXTERNAL_ALLOW'],
    ['of a metadata service', ['169.254.169.254'], 'deployment.address_not_allowed', 'metadata service'],
    ['beside one that is allowed', ['127.0.0.1', '169.254.1.1'], 'deployment.address_not_allowed', 'link-local'],
    ['that is not there', undefined, 'deployment.address_unknown', 'has no address'],
  ])('%s is refused', async (_what, addresses, code, words) => {
    if (addresses !== undefined) zone[NAME] = addresses;
    const driver = await open();
    const outcome = await driver.ensure(specOf(`http://${NAME}:8000`));
    expect(outcome).toMatchObject({ kind: 'refused', code, detail: expect.stringContaining(words) });
    expect(await driver.observe()).toEqual([]);
  });

  test('is never changed to one that may not be reached, whatever the name is made to say later', async () => {
    const { port, probes } = await start('green');
    zone[NAME] = ['127.0.0.1'];
    const driver = await open();
    await driver.ensure(specOf(`http://${NAME}:${port}`));
    await reach(driver, isReady);
    for (const rebound of ['169.254.169.254', '10.0.0.1', '::ffff:127.0.0.1', '::1']) {
      zone[NAME] = [rebound];
      const seen = await reach(driver, ({ probe }) => probe.lastResult.includes(`resolves to ${rebound}`));
      expect(seen).toMatchObject({ state: 'ready', address: { host: '127.0.0.1', port }, generation: 1 });
    }
    const before = probes.length;
    await eventually(async () => probes.length > before);
    zone[NAME] = ['127.0.0.1'];
    await reach(driver, ({ probe }) => probe.lastResult === 'HTTP 200');
  });

  test('that the name is moved to is followed once the server answers there, as another generation', async () => {
    const old = await start('old');
    zone[NAME] = ['127.0.0.1'];
    const driver = await open();
    await driver.ensure(specOf(`http://${NAME}:${old.port}`));
    await reach(driver, isReady);
    zone[NAME] = ['127.0.0.2'];
    const waiting = await reach(driver, ({ probe }) => probe.lastResult.includes('has moved to 127.0.0.2'));
    expect(waiting).toMatchObject({ state: 'ready', address: { host: '127.0.0.1' } });
    await start('new', '127.0.0.2', old.port);
    const moved = await reach(driver, ({ address }) => address?.host === '127.0.0.2');
    expect(moved).toMatchObject({ state: 'ready', generation: 2 });
  });

  test('that does not answer gives way to the next one of the name', async () => {
    const { port } = await start('green', '127.0.0.3');
    zone[NAME] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
    const driver = await open();
    const { readiness } = specOf('');
    await driver.ensure(specOf(`http://${NAME}:${port}`, { readiness: { ...readiness, failureThreshold: 60 } }));
    expect((await reach(driver, isReady)).address?.host).toBe('127.0.0.3');
  });
});

describe('a driver that starts anew', () => {
  const kept = (spec: WatchedSpec, change: Partial<KeptServer> = {}): KeptServer => ({
    spec,
    address: '127.0.0.1',
    generation: 4,
    startedAt: '2026-01-01T00:00:00.000Z',
    restarts: 1,
    lastExit: null,
    ready: true,
    ...change,
  });

  test('has what was ready still ready, before any probe', async () => {
    const { port } = await start('green');
    const driver = await open([kept(specOf(`http://127.0.0.1:${port}`))]);
    const [seen] = await driver.observe();
    expect(seen).toMatchObject({ state: 'ready', generation: 4, restarts: 1, address: { host: '127.0.0.1', port } });
  });

  test('gives up an address that is not allowed any more, and says so', async () => {
    const { port } = await start('green');
    const driver = await open([kept(specOf(`http://127.0.0.1:${port}`))], '10.0.0.0/8');
    const [seen] = await driver.observe();
    expect(seen).toMatchObject({ state: 'unready', address: null });
    expect(seen?.probe.lastResult).toContain('127.0.0.1 is a loopback address outside VIRIDIAN_EXTERNAL_ALLOW');
  });
});
