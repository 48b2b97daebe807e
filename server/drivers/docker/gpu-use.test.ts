import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '#server/kernel/clock.ts';
import { createGpuMeter, measureGpus, type MeasuredGpu, parseGpuUse } from './gpu-use.ts';

const GPU = 'GPU-5f4c8d9e-1b2a-3c4d-5e6f-708192a3b4c5';
const OTHER = 'GPU-90abcdef-1234-5678-9abc-def012345678';
const MIB = 2 ** 20;

/** As the program prints it for a busy H100, and for a device that is cut into slices. */
const OUTPUT = `0, ${GPU}, 41233, 81559, 97\n1, ${OTHER}, 13, 81559, [N/A]\n`;

test('memory and load of each device are read, and what the driver does not tell is not known', () => {
  expect(parseGpuUse(OUTPUT)).toEqual([
    { index: '0', id: GPU, usedBytes: 41233 * MIB, totalBytes: 81559 * MIB, busyPercent: 97 },
    { index: '1', id: OTHER, usedBytes: 13 * MIB, totalBytes: 81559 * MIB, busyPercent: null },
  ]);
  expect(parseGpuUse(`0, ${GPU}, [Not Supported], [Not Supported], [Unknown Error]\n`)).toEqual([
    { index: '0', id: GPU, usedBytes: null, totalBytes: null, busyPercent: null },
  ]);
});

test.each(['', 'No devices were found\n', 'Failed to initialize NVML: Driver/library version mismatch\n'])(
  'words instead of devices are no devices: %j',
  (output) => {
    expect(parseGpuUse(output)).toEqual([]);
  },
);

test('an instance is told what its own devices do, by id or by the position that older records have', async () => {
  const meter = createGpuMeter(async () => parseGpuUse(OUTPUT), systemClock);
  expect(meter.useOf([OTHER])).toBeNull();
  await expect.poll(() => meter.useOf([OTHER])).toEqual([expect.objectContaining({ id: OTHER, busyPercent: null })]);
  expect(meter.useOf(['0'])).toEqual([expect.objectContaining({ id: GPU, busyPercent: 97 })]);
  expect(meter.useOf(['MIG-1'])).toEqual([{ id: 'MIG-1', usedBytes: null, totalBytes: null, busyPercent: null }]);
});

test('the driver is asked seldom, however often somebody looks', async () => {
  let now = 0;
  let asked = 0;
  const measure = async (): Promise<MeasuredGpu[]> => {
    asked += 1;
    return [];
  };
  const meter = createGpuMeter(measure, { ...systemClock, monotonic: () => now });
  for (; now < 60_000; now += 1_000) meter.useOf([GPU]);
  expect(asked).toBe(4);
});

test('devices are measured by the program, and where it is missing or fails nothing is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'viridian-gpu-use-'));
  const program = join(folder, 'nvidia-smi');
  try {
    expect(await measureGpus(program)).toEqual([]);
    await writeFile(program, `#!/bin/sh\ncase "$1" in --query-gpu=*) echo "0, ${GPU}, 1, 2, 3" ;; *) exit 1 ;; esac\n`);
    await chmod(program, 0o755);
    expect(await measureGpus(program)).toEqual([
      { index: '0', id: GPU, usedBytes: MIB, totalBytes: 2 * MIB, busyPercent: 3 },
    ]);
    await writeFile(program, '#!/bin/sh\nexit 9\n');
    expect(await measureGpus(program)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
