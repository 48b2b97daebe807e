import { expect, test } from 'vitest';
import { sayMirrors, sayTraffic } from './split-words.ts';

test('a split names who takes traffic, and none is paused', () => {
  expect(sayTraffic({ traffic: { blue: 90, green: 10, amber: 0 } })).toBe('blue 90 %, green 10 %');
  expect(sayTraffic({ traffic: { blue: 0 } })).toBe('paused');
});

test('mirrors are named where there are any', () => {
  expect(sayMirrors({ mirror_traffic: { green: 10, amber: 0 } })).toBe('copies to green 10 %');
  expect(sayMirrors({ mirror_traffic: {} })).toBeNull();
});
