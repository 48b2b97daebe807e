import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeploymentRecord, DeploymentSpec } from '#server/domain/deployment.ts';
import type { EndpointRecord } from '#server/domain/endpoint.ts';
import { UNOBSERVED, type InstanceRecord } from '#server/domain/instance.ts';
import { desiredOnnx, PLAIN_ENDPOINT } from '#server/store/store-fixture.ts';
import { compileRouteTable, routesAlike, type RouteSource } from './compile-route-table.ts';
import { routeTableSchema } from './route-table.ts';

const GOLDEN = join(import.meta.dirname, 'golden');

const endpoint = (change: Partial<EndpointRecord> = {}): EndpointRecord => ({
  ...PLAIN_ENDPOINT,
  uid: 'endpoint-1',
  name: 'iris',
  traffic: {},
  mirrorTraffic: {},
  desiredState: 'run',
  revision: 1,
  createdAt: 0,
  updatedAt: 0,
  ...change,
});

const deployment = (name: string, change: Partial<DeploymentRecord> = {}): DeploymentRecord => ({
  ...desiredOnnx(),
  endpointName: 'iris',
  name,
  routeWhenReady: null,
  desiredState: 'run',
  colourSlot: 1,
  operationId: null,
  revision: 1,
  createdAt: 0,
  updatedAt: 0,
  goodState: null,
  provisioningState: 'Succeeded',
  readyInstances: 1,
  error: null,
  ...change,
});

const instance = (id: string, deploymentName: string, change: Partial<InstanceRecord> = {}): InstanceRecord => ({
  ...UNOBSERVED,
  id,
  endpointName: 'iris',
  deploymentName,
  specHash: 'a',
  spec: desiredOnnx().spec,
  desired: 'run',
  drainingSince: null,
  createdAt: 0,
  state: 'ready',
  generation: 1,
  host: '127.0.0.1',
  port: 20_001,
  ...change,
});

/** One source for each golden file. A missing file fails and shows what it would hold. */
const CASES: Record<string, RouteSource[]> = {
  'no-endpoints': [],
  'an-endpoint-without-deployments': [{ endpoint: endpoint(), keys: [], deployments: [], instances: [] }],
  'two-deployments-and-a-mirror': [
    {
      endpoint: endpoint({
        traffic: { blue: 90, green: 10 },
        mirrorTraffic: { shadow: 20 },
        stickyHeader: 'x-user',
        limits: { requestsPerSecond: 50, concurrency: null, maxBodyBytes: 1_048_576 },
        idempotentPredictions: true,
        mapModelErrors: true,
        allowWebsocket: true,
        corsOrigins: ['https://b.example', 'https://a.example'],
      }),
      keys: [
        { endpointName: 'iris', slot: 'secondary', ciphertext: 'never', sha256: 'b'.repeat(64), createdAt: 0 },
        { endpointName: 'iris', slot: 'primary', ciphertext: 'never', sha256: 'a'.repeat(64), createdAt: 0 },
      ],
      deployments: [
        deployment('shadow'),
        deployment('green'),
        deployment('blue', desiredOnnx({ requestTimeoutMs: 5_000 })),
      ],
      instances: [
        instance('iris.blue.2', 'blue', { port: 20_002, generation: 3 }),
        instance('iris.blue.1', 'blue'),
        instance('iris.green.1', 'green', { port: 20_003 }),
        instance('iris.shadow.1', 'shadow', { port: 20_004 }),
      ],
    },
  ],
  'only-what-is-ready-and-wanted': [
    {
      endpoint: endpoint({ traffic: { blue: 100 } }),
      keys: [],
      deployments: [deployment('blue'), deployment('leaving', { desiredState: 'delete' })],
      instances: [
        instance('iris.blue.ready', 'blue'),
        instance('iris.blue.starting', 'blue', { state: 'starting', host: null, port: null }),
        instance('iris.blue.unready', 'blue', { state: 'unready' }),
        instance('iris.blue.draining', 'blue', { desired: 'remove', drainingSince: 5 }),
        instance('iris.leaving.1', 'leaving'),
      ],
    },
    { endpoint: endpoint({ name: 'gone', desiredState: 'delete' }), keys: [], deployments: [], instances: [] },
  ],
};

function fullSource(): RouteSource {
  const [source] = CASES['two-deployments-and-a-mirror'] ?? [];
  if (source === undefined) throw new Error('The case is missing.');
  return source;
}

describe('the route table', () => {
  test.each(Object.entries(CASES))('of %s is as reviewed', async (name, sources) => {
    const table = compileRouteTable(sources, 7);
    const golden = await readFile(join(GOLDEN, `${name}.json`), 'utf8').catch(() => '"no golden file"');
    // The layout of the file is the formatter's; the order of its fields and entries counts.
    expect(JSON.stringify(table, null, 2)).toBe(JSON.stringify(JSON.parse(golden), null, 2));
    expect(routeTableSchema.parse(table)).toEqual(table);
  });

  test('has a golden file for every case and no other', async () => {
    expect((await readdir(GOLDEN)).toSorted()).toEqual(
      Object.keys(CASES)
        .map((name) => `${name}.json`)
        .toSorted(),
    );
  });

  test('is the same bytes in whatever order the state was read', () => {
    const source = fullSource();
    const expected = JSON.stringify(compileRouteTable([source], 1));
    const shuffled = fc.record({
      keys: fc.shuffledSubarray([...source.keys], { minLength: source.keys.length }),
      deployments: fc.shuffledSubarray([...source.deployments], { minLength: source.deployments.length }),
      instances: fc.shuffledSubarray([...source.instances], { minLength: source.instances.length }),
    });
    fc.assert(
      fc.property(shuffled, (parts) => {
        expect(JSON.stringify(compileRouteTable([{ ...source, ...parts }], 1))).toBe(expected);
      }),
    );
  });

  test('says that instances are on their way only while none is ready, nor of those that wait long after crashes', () => {
    const coldSlots = (...instances: InstanceRecord[]) => {
      const source = { endpoint: endpoint(), keys: [], deployments: [deployment('blue')], instances };
      return compileRouteTable([source], 1).endpoints[0]?.deployments[0]?.coldSlots;
    };
    const slots = desiredOnnx().spec.maxConcurrentRequestsPerInstance;
    const coming = instance('1', 'blue', { state: 'probing' });
    expect(coldSlots(coming, instance('2', 'blue', { state: 'starting' }))).toBe(2 * slots);
    expect(coldSlots(coming, instance('2', 'blue'))).toBeUndefined();
    expect(coldSlots(instance('1', 'blue', { state: 'backing_off', restarts: 4 }))).toBe(slots);
    expect(coldSlots(instance('1', 'blue', { state: 'backing_off', restarts: 7 }))).toBeUndefined();
    expect(coldSlots(instance('1', 'blue', { state: 'starting', desired: 'remove' }))).toBeUndefined();
  });

  test('names the port of gRPC that the driver tells of, and of servers elsewhere the one of their deployment', () => {
    const routedPort = (grpcPort: number | null, spec: Partial<DeploymentSpec> = {}) => {
      const one = instance('1', 'blue', { spec: { ...desiredOnnx().spec, ...spec }, grpcPort });
      const source = { endpoint: endpoint(), keys: [], deployments: [deployment('blue')], instances: [one] };
      const table = routeTableSchema.parse(compileRouteTable([source], 1));
      return table.endpoints[0]?.deployments[0]?.instances[0]?.grpcPort;
    };
    expect(routedPort(49_153)).toBe(49_153);
    expect(routedPort(null)).toBeUndefined();
    const external = { urls: ['http://models.example:8000'], healthPath: '/', headers: {} };
    expect(routedPort(null, { external: { ...external, grpcPort: 8001 } })).toBe(8001);
    expect(routedPort(null, { external })).toBeUndefined();
  });

  test('says how answers of mirrors are compared only where there are both', () => {
    const comparison = { samplePercent: 10, relativeTolerance: 0.01 };
    const compiled = (change: Partial<EndpointRecord>) =>
      compileRouteTable([{ endpoint: endpoint(change), keys: [], deployments: [], instances: [] }], 1).endpoints[0];
    const mirrorTraffic = { shadow: 20 };
    expect(compiled({ mirrorTraffic, mirrorComparison: comparison })?.mirrorComparison).toEqual(comparison);
    expect(compiled({ mirrorComparison: comparison })).not.toHaveProperty('mirrorComparison');
    expect(compiled({ mirrorTraffic })).not.toHaveProperty('mirrorComparison');
    const none = { ...comparison, samplePercent: 0 };
    expect(compiled({ mirrorTraffic, mirrorComparison: none })).not.toHaveProperty('mirrorComparison');
  });

  test('never holds a key that could be used', () => {
    const source = fullSource();
    expect(JSON.stringify(source)).toContain('never');
    expect(JSON.stringify(compileRouteTable([source], 1))).not.toContain('never');
  });

  test('holds what tokens and networks are checked with, and no key of an endpoint that is called with tokens', () => {
    const source = fullSource();
    const closed = endpoint({
      authMode: 'aml_token',
      publicNetworkAccess: 'disabled',
      allowedNetworks: ['192.0.2.0/24', '10.0.0.0/8'],
    });
    const [first, second] = ['a', 'b'].map((kid) => ({ kid, publicKey: kid.repeat(43) }));
    const around = (keys: unknown[]) => ({
      issuer: { issuer: 'here', keys: keys as { kid: string; publicKey: string }[] },
      trustedForwarders: ['127.0.0.1'],
    });
    const table = compileRouteTable([{ ...source, endpoint: closed }], 1, around([second, first]));
    expect(table.endpoints[0]).toMatchObject({
      auth: { mode: 'aml_token', keys: [], audience: 'urn:viridian:endpoint:endpoint-1' },
      allowedNetworks: ['10.0.0.0/8', '192.0.2.0/24'],
    });
    expect(table).toMatchObject({
      tokens: { issuer: 'here', keys: [first, second] },
      trustedForwarders: ['127.0.0.1'],
    });
    expect(routeTableSchema.parse(table)).toEqual(table);
    const rotated = compileRouteTable([{ ...source, endpoint: closed }], 1, around([second]));
    expect(routesAlike(table, rotated)).toBe(false);
  });

  test('routes alike whatever its number', () => {
    const sources = CASES['two-deployments-and-a-mirror'] ?? [];
    expect(routesAlike(compileRouteTable(sources, 1), compileRouteTable(sources, 2))).toBe(true);
    expect(routesAlike(compileRouteTable(sources, 1), compileRouteTable([], 1))).toBe(false);
  });
});
