import { expect, test } from 'vitest';
import { createRateMeter } from './transfer-rate.ts';

test('says nothing before it can know', () => {
  const measure = createRateMeter();
  expect(measure(0, 0, 1000)).toBeNull();
  expect(measure(500, 100, 1000)).toBeNull();
});

test('follows the speed of the last seconds', () => {
  const measure = createRateMeter();
  for (let second = 0; second <= 10; second += 1) measure(second * 1000, second * 100, 10_000);
  expect(measure(11_000, 1_100, 10_000)).toEqual({ bytesPerSecond: 100, secondsLeft: 89 });
  let last = null;
  for (let second = 12; second <= 22; second += 1) last = measure(second * 1000, 1_100 + (second - 11) * 1_000, 20_000);
  expect(last?.bytesPerSecond).toBe(1_000);
});

test('begins anew where the server has less than was sent', () => {
  const measure = createRateMeter();
  measure(0, 0, 1000);
  measure(2_000, 800, 1000);
  expect(measure(3_000, 200, 1000)).toBeNull();
});
