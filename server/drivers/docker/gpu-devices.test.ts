import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gpuRequest } from './container-request.ts';
import { parseGpuList, pickGpus } from './gpu-devices.ts';
import { createGpuPool } from './gpu-pool.ts';
import { listGpuIds } from './list-gpu-ids.ts';

test('GPUs are read from the list of the driver, and slices take the place of the GPU that they are cut from', () => {
  const output = `GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-11111111-aaaa-bbbb-cccc-000000000000)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-22222222-aaaa-bbbb-cccc-000000000000)
  MIG 3g.40gb     Device  0: (UUID: MIG-33333333-aaaa-bbbb-cccc-000000000000)
  MIG 3g.40gb     Device  1: (UUID: MIG-44444444-aaaa-bbbb-cccc-000000000000)
`;
  expect(parseGpuList(output)).toEqual([
    'GPU-11111111-aaaa-bbbb-cccc-000000000000',
    'MIG-33333333-aaaa-bbbb-cccc-000000000000',
    'MIG-44444444-aaaa-bbbb-cccc-000000000000',
  ]);
  expect(parseGpuList('No devices were found\n')).toEqual([]);
});

test('two instances never get the same device, and one that cannot have all it asks for gets none', () => {
  const present = ['GPU-a', 'GPU-b', 'GPU-c'];
  const first = pickGpus(2, present, new Set());
  expect(first).toEqual(['GPU-a', 'GPU-b']);
  expect(pickGpus(1, present, new Set(first))).toEqual(['GPU-c']);
  expect(pickGpus(2, present, new Set(first))).toBeNull();
  expect(pickGpus(1, [], new Set())).toBeNull();
});

test('devices are asked for anew each time, and a host without the driver has none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-gpus-'));
  const program = join(folder, 'nvidia-smi');
  try {
    expect(await listGpuIds(program)).toEqual([]);
    for (const id of ['GPU-a', 'GPU-b']) {
      await writeFile(program, `#!/bin/sh\n[ "$1" = -L ] && echo "GPU 0: NVIDIA T4 (UUID: ${id})"\n`, { mode: 0o755 });
      expect(await listGpuIds(program)).toEqual([id]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a device that a record of an earlier version names by its position is not given again', async () => {
  const pool = createGpuPool(
    async () => ['GPU-a', 'GPU-b'],
    () => ['1'],
  );
  expect(await pool.count()).toEqual({ total: 2, free: 1 });
  expect(await pool.reserve('one', 1)).toEqual({ kind: 'reserved', devices: ['GPU-a'] });
  expect(await pool.reserve('two', 1)).toMatchObject({ kind: 'refused', code: 'deployment.gpu_unavailable' });
});

test('the engine is asked for exactly these devices', () => {
  expect(gpuRequest(['GPU-a', 'MIG-b'])).toEqual({
    Driver: '',
    Count: 0,
    DeviceIDs: ['GPU-a', 'MIG-b'],
    Capabilities: [['gpu']],
    Options: {},
  });
});

test('two instances that are started at once are given different devices', async () => {
  const recorded = ['GPU-a'];
  const pool = createGpuPool(
    async () => ['GPU-a', 'GPU-b', 'GPU-c'],
    () => recorded,
  );
  const given = await Promise.all(['one', 'two', 'three'].map((id) => pool.reserve(id, 1)));
  expect(given.map((outcome) => (outcome.kind === 'reserved' ? outcome.devices : outcome.code))).toEqual([
    ['GPU-b'],
    ['GPU-c'],
    'deployment.gpu_unavailable',
  ]);
  expect(await pool.count()).toEqual({ total: 3, free: 0 });
  pool.release('one');
  expect(await pool.count()).toEqual({ total: 3, free: 1 });
});
