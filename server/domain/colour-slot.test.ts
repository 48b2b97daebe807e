import { expect, test } from 'vitest';
import { chooseColourSlot } from './colour-slot.ts';

test.each([
  ['blue', [], 1],
  ['green', [], 2],
  ['green', [1], 2],
  ['canary', [], 1],
  ['canary', [1, 2, 4], 3],
  ['blue', [1], 2],
  ['x', [1, 2, 3, 4, 5, 6], 7],
])('%s beside %j gets slot %i', (name, taken, slot) => {
  expect(chooseColourSlot(name, taken)).toBe(slot);
});
