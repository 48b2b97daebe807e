import { expect, test } from 'vitest';
import { RunCost } from './run-cost.ts';

test('before anything was observed everything is expected to be slow', () => {
  expect(new RunCost().expectMs(1)).toBe(Number.POSITIVE_INFINITY);
});

test('a larger input than any observed is expected to cost the square of its size', () => {
  const cost = new RunCost();
  cost.observe(4, 1);
  expect(cost.expectMs(4)).toBe(1);
  expect(cost.expectMs(16)).toBe(16);
  expect(cost.expectMs(2)).toBe(1);
});

test('one stall changes little, a model that stays slow is believed', () => {
  const cost = new RunCost();
  cost.observe(4, 0.1);
  cost.observe(4, 500);
  expect(cost.expectMs(4)).toBeLessThan(0.5);
  for (let run = 0; run < 30; run += 1) cost.observe(4, 500);
  expect(cost.expectMs(4)).toBeGreaterThan(100);
});
