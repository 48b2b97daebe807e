import { expect, test } from 'vitest';
import type { Info } from '#lib/contracts/info.ts';
import type { DetectedModel } from '#lib/contracts/model.ts';
import { asServedHere } from './served-by-host.ts';

const host = (available: boolean) => ({ runtimes: { triton: { available } } }) as Info;
const repository = (servable: boolean) =>
  ({
    format: 'triton',
    servable,
    reason: 'As it was found.',
    triton: { repository: '', models: [] },
  }) as unknown as DetectedModel;

test('Triton itself serves whatever a repository holds', () => {
  expect(asServedHere(repository(false), host(true))).toMatchObject({
    servable: true,
    reason: expect.stringContaining('tritonserver of this host'),
  });
});

test('without it our own server serves what it can, and the reason for the rest stays', () => {
  expect(asServedHere(repository(true), host(false))?.reason).toContain('our own ONNX server');
  expect(asServedHere(repository(false), host(false))).toEqual(repository(false));
});

test('other models are as they were found', () => {
  const onnx = { format: 'onnx', servable: false, reason: 'No outputs.' } as DetectedModel;
  expect(asServedHere(onnx, host(true))).toBe(onnx);
  expect(asServedHere(null, host(true))).toBeNull();
});
