import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '#server/testing/eventually.ts';
import type { InstanceSpec } from '../runtime-driver.ts';
import { gpuRequest } from './container-request.ts';
import type { DockerDriver } from './docker-driver.ts';
import {
  BASE_IMAGE,
  containerSpec,
  createDockerHarness,
  docker,
  type DockerHarness,
  ENGINE_HOST,
  HEALTHY,
  isSkipped,
  python,
  TEST_TIMEOUT_MS,
} from './docker-fixture.ts';
import { type FaultyEngine, startFaultyEngine } from './faulty-engine.ts';

vi.setConfig({ testTimeout: TEST_TIMEOUT_MS, hookTimeout: TEST_TIMEOUT_MS });

const PROBE = { path: '/', initialDelaySeconds: 0, periodSeconds: 1, timeoutSeconds: 2, successThreshold: 1 };

const specOf = (deployment: string, change: Partial<InstanceSpec> = {}): InstanceSpec => ({
  instanceId: `iris.${deployment}.a1`,
  endpoint: 'iris',
  deployment,
  specHash: 'first',
  container: containerSpec(),
  command: python(HEALTHY),
  environment: {},
  modelDir: null,
  cpu: 0.5,
  memoryMib: 64,
  liveness: { ...PROBE, failureThreshold: 1000 },
  readiness: { ...PROBE, failureThreshold: 1000 },
  stopGraceSeconds: 1,
  ...change,
});

describe.skipIf(isSkipped)('an engine at its limits (VIRIDIAN_REQUIRE=docker insists on it)', () => {
  let harness: DockerHarness;
  let engine: FaultyEngine;
  let driver: DockerDriver;

  beforeEach(async () => {
    harness = await createDockerHarness();
    engine = await startFaultyEngine(ENGINE_HOST.slice('unix://'.length), join(harness.folder, 'faulty.sock'));
    driver = await harness.open({ engineHost: `unix://${engine.socketPath}` });
  });

  afterEach(async () => {
    await driver.stop();
    await engine.close();
    await harness.close();
  });

  const NO_ROOM = 'no space left on device';
  const NO_POOL =
    'could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network';
  const NO_ADDRESS = "no available IPv4 addresses on this network's address pools: viridian-iris (0a1b2c)";

  test.each([
    [
      'disk when it creates',
      /^POST .*\/containers\/create/,
      `mkdir /var/lib/docker/overlay2/1f: ${NO_ROOM}`,
      'disk_full',
      /disk of the engine/,
    ],
    [
      'disk when it starts',
      /^POST .*\/containers\/[0-9a-f]+\/start/,
      `failed to create shim: mkdir /run/containerd/1f: ${NO_ROOM}`,
      'disk_full',
      /disk of the engine/,
    ],
    [
      'ranges of addresses',
      /^POST .*\/networks\/create/,
      NO_POOL,
      'container_refused',
      /VIRIDIAN_CONTAINER_ADDRESS_POOL/,
    ],
    ['addresses', /^POST .*\/containers\/[0-9a-f]+\/start/, NO_ADDRESS, 'container_refused', /fewer instances/],
  ])(
    'that is out of %s says so, leaves nothing, and serves again when there is room',
    async (_what, call, message, code, remedy) => {
      engine.fault = { call, status: 500, body: JSON.stringify({ message }) };
      const outcome = await driver.ensure(specOf('blue'));
      expect(outcome).toEqual({
        kind: 'refused',
        code: `deployment.${code}`,
        detail: expect.stringMatching(remedy),
      });
      expect(outcome).toMatchObject({ detail: expect.stringContaining(message) });
      expect(await harness.containers()).toEqual([]);
      expect(await harness.networks()).toEqual([]);
      engine.fault = null;
      expect(await driver.ensure(specOf('blue'))).toEqual({ kind: 'started' });
    },
  );

  test('gives networks out of the range that is set and of no other', async () => {
    await driver.stop();
    driver = await harness.open({ addressPool: '10.214.77.128/25' });
    expect(await driver.ensure(specOf('blue'))).toEqual({ kind: 'started' });
    const [network] = await harness.networks();
    expect(network?.IPAM?.Config).toEqual([expect.objectContaining({ Subnet: '10.214.77.128/25' })]);
    expect(await driver.ensure(specOf('green'))).toMatchObject({
      kind: 'refused',
      code: 'deployment.container_refused',
      detail: expect.stringContaining('10.214.77.128/25'),
    });
    await driver.remove('iris.blue.a1');
    expect(await driver.ensure(specOf('green'))).toEqual({ kind: 'started' });
  });

  test('that would not remove a network is asked again until it has', async () => {
    expect(await driver.ensure(specOf('blue'))).toEqual({ kind: 'started' });
    engine.fault = { call: /^DELETE .*\/networks\//, status: 500, body: '{"message":"something is busy"}' };
    await driver.remove('iris.blue.a1');
    expect(await harness.networks()).toHaveLength(1);
    engine.fault = null;
    await eventually(async () => {
      await driver.observe();
      return (await harness.networks()).length === 0;
    }, 'the end of the network');
  });

  test('is asked for devices in the shape in which its own client asks', async () => {
    const inspect = async (id: string): Promise<unknown> =>
      (await docker.getContainer(id).inspect()).HostConfig.DeviceRequests;
    const label = `io.viridian.test=${harness.installationId}`;
    const devices = ['GPU-11111111-aaaa-bbbb-cccc-000000000000', 'MIG-22222222-aaaa-bbbb-cccc-000000000000'];
    const gpus = ['--gpus', `"device=${devices.join(',')}"`];
    const made: string[] = [];
    try {
      const theirs = ['create', '--label', label, ...gpus, BASE_IMAGE, 'true'];
      const env = { ...process.env, DOCKER_HOST: ENGINE_HOST };
      made.push((await promisify(execFile)('docker', theirs, { env })).stdout.trim());
      const HostConfig = { DeviceRequests: [gpuRequest(devices)] };
      const Labels = { 'io.viridian.test': harness.installationId };
      made.push((await docker.createContainer({ Image: BASE_IMAGE, Cmd: ['true'], Labels, HostConfig })).id);
      const [ofTheirs, ofOurs] = await Promise.all(made.map(inspect));
      expect(ofOurs).toEqual(ofTheirs);
      expect(ofOurs).toMatchObject([{ DeviceIDs: devices, Capabilities: [['gpu']] }]);
    } finally {
      for (const id of made) await docker.getContainer(id).remove({ force: true });
    }
  });

  test('publishes ports on loopback only where addresses of containers cannot be reached', async () => {
    await driver.stop();
    driver = await harness.open({ addressing: 'published' });
    const liveness = { ...PROBE, failureThreshold: 1000, port: 9009 };
    expect(await driver.ensure(specOf('blue', { liveness }))).toEqual({ kind: 'started' });
    const [container] = await harness.containers();
    const published = container?.Ports.filter(({ PublicPort }) => PublicPort !== undefined);
    expect(published?.map(({ IP, PrivatePort }) => [IP, PrivatePort]).toSorted()).toEqual([
      ['127.0.0.1', 8080],
      ['127.0.0.1', 9009],
    ]);
    const [network] = await harness.networks();
    expect(network?.Internal).toBe(false);
  });
});
