import { describe, expect, it } from 'vitest';
import { BadKeys } from './bad-keys.ts';

describe('wrong keys of one address', () => {
  it('are too many after as many as a minute may have, and fewer again as time goes by', () => {
    const badKeys = new BadKeys(3);
    expect([0, 0, 0, 0].map((now) => badKeys.count('a', now))).toEqual([0, 0, 0, 20_000]);
    expect(badKeys.count('b', 0)).toBe(0);
    expect(badKeys.count('a', 20_000)).toBe(0);
    expect(badKeys.count('a', 20_000)).toBeGreaterThan(0);
    expect([80_000, 80_000, 80_000].map((now) => badKeys.count('a', now))).toEqual([0, 0, 0]);
  });

  it('are remembered for a bounded number of addresses, those that were seen last', () => {
    const badKeys = new BadKeys(1);
    badKeys.count('often', 0);
    for (let i = 0; i < 10_000; i += 1) {
      badKeys.count(`${i}`, 0);
      if (i % 1_000 === 0) expect(badKeys.count('often', 0)).toBeGreaterThan(0);
    }
    expect(badKeys.size).toBe(4_096);
    expect(badKeys.count('0', 0)).toBe(0);
  });

  it('are not counted where none are too many', () => {
    const badKeys = new BadKeys(0);
    for (let i = 0; i < 100; i += 1) expect(badKeys.count('a', 0)).toBe(0);
    expect(badKeys.size).toBe(0);
  });
});
