import { expect, test } from 'vitest';
import { decideBackOff } from './restart-back-off.ts';

test('the first exit waits for nothing, then the pause doubles from one second to sixty while runs stay short', () => {
  const delays: number[] = [];
  let quickExits = 0;
  for (let exit = 0; exit < 10; exit += 1) {
    const next = decideBackOff(quickExits, 500);
    quickExits = next.quickExits;
    delays.push(next.delayMs);
  }
  expect(delays).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('a run that lasted a minute starts the pauses anew', () => {
  expect(decideBackOff(8, 60_000)).toEqual({ quickExits: 1, delayMs: 0 });
});

test('a thousand exits overflow nothing', () => {
  expect(decideBackOff(1_000, 0).delayMs).toBe(60_000);
});
