import { expect, test } from 'vitest';
import { listInitialInstanceTypes } from './initial-instance-types.ts';
import { fitInstanceType } from './instance-type.ts';

const host = { cpuCount: 6, memoryMib: 12_000, gpuCount: 0 };
const initial = listInitialInstanceTypes(host);

test('a new installation offers shares of the host by halves, each of which fits', () => {
  const shares = initial.filter(({ type }) => type.fit === 'exact');
  expect(shares.map(({ type }) => [type.name, type.cpu, type.memoryMib])).toEqual([
    ['cpu-1', 1, 2000],
    ['cpu-2', 2, 4000],
    ['cpu-4', 4, 8000],
  ]);
  expect(shares.every(({ type }) => fitInstanceType(type, host).fits)).toBe(true);
});

test('a size of the original keeps its price and takes what the host has', () => {
  const size = initial.find(({ type }) => type.name === 'Standard_F8s_v2');
  expect(size?.pricePerHourMicros).toBe(338_000);
  expect(size && fitInstanceType(size.type, host)).toMatchObject({ fits: true, cpu: 6, memoryMib: 12_000 });
});

test('a size with GPUs does not fit a host without, and says so', () => {
  const size = initial.find(({ type }) => type.name === 'Standard_NC24ads_A100_v4');
  expect(size && fitInstanceType(size.type, host)).toEqual({
    fits: false,
    reason: 'It needs 1 GPU; this host has none.',
  });
});

test("an operator's own type that is larger than the host does not fit", () => {
  const type = { cpu: 7, memoryMib: 100, gpus: 0, fit: 'exact' } as const;
  expect(fitInstanceType(type, host)).toMatchObject({ fits: false });
});

test('names of initial types differ even without case', () => {
  const names = initial.map(({ type }) => type.name.toLowerCase());
  expect(new Set(names).size).toBe(names.length);
});
