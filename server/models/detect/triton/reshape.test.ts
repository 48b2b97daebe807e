import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reshapeDims, reshapeFault } from './reshape.ts';

describe('a reshape', () => {
  test.each([
    [[1], []],
    [[4], [2, 2]],
    [[-1], [-1, 1]],
    [
      [2, -1, 3],
      [1, 2, -1, 3],
    ],
  ])('%j to %j holds the same', (dims, reshape) => expect(reshapeFault(dims, reshape)).toBeNull());

  test.each([
    [[4], [3]],
    [[-1], [4]],
    [
      [2, -1],
      [-1, 2],
    ],
    [[4], [0, 4]],
  ])('%j to %j does not', (dims, reshape) => expect(reshapeFault(dims, reshape)).not.toBeNull());
});

test('there and back again are the same axes, with as many values between', () => {
  const segment = fc.constantFrom<[number[], number[]]>(
    [[6], [2, 3]],
    [
      [4, 1],
      [2, 2],
    ],
    [[], [1]],
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(segment, fc.integer({ min: 1, max: 9 })), { maxLength: 4 }), (parts) => {
      const from = parts.flatMap(([[before]]) => [...before, -1]);
      const to = parts.flatMap(([[, after]]) => [...after, -1]);
      const actual = parts.flatMap(([[before], size]) => [...before, size]);
      expect(reshapeFault(from, to)).toBeNull();
      const there = reshapeDims(actual, from, to);
      expect(reshapeDims(there, to, from)).toEqual(actual);
      expect(there.reduce((a, b) => a * b, 1)).toBe(actual.reduce((a, b) => a * b, 1));
    }),
  );
});
