import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limitsSchema } from '#lib/contracts/endpoint.ts';
import { describeLimits, findLimitFaults, joinLimits, parseLimits } from './limit-form.ts';

const EMPTY = { rate: '', burst: '', concurrency: '', bodyMib: '' };

test('limits read back as they were written', () => {
  const limits = { requests_per_second: 2.5, burst: 10, concurrency: 4, max_body_bytes: 3 * 2 ** 20 };
  expect(parseLimits(describeLimits(limits))).toEqual(limits);
  expect(parseLimits(describeLimits(null))).toBeNull();
  expect(joinLimits(null, null)).toBeNull();
  expect(joinLimits(null, { concurrency: 1 })).toEqual({ per_key: { concurrency: 1 } });
});

test.each([
  [{ rate: 'many' }, 'rate'],
  [{ concurrency: '1.5' }, 'concurrency'],
  [{ rate: '1', burst: '0' }, 'burst'],
  [{ burst: '5' }, 'burst'],
  [{ bodyMib: '-1' }, 'bodyMib'],
])('%j has its fault at the field', (change, field) => {
  expect(Object.keys(findLimitFaults({ ...EMPTY, ...change }))).toEqual([field]);
});

test('fields without faults are limits that the API takes', () => {
  const text = fc.oneof(
    fc.constant(''),
    fc.integer({ min: -1, max: 100 }).map(String),
    fc.constantFrom('0,5', 'x', ' '),
  );
  const texts = fc.record({ rate: text, burst: text, concurrency: text, bodyMib: text });
  fc.assert(
    fc.property(texts, texts, (own, perKey) => {
      fc.pre(Object.keys({ ...findLimitFaults(own), ...findLimitFaults(perKey) }).length === 0);
      const limits = joinLimits(parseLimits(own), parseLimits(perKey));
      expect(limits === null || limitsSchema.safeParse(limits).success).toBe(true);
    }),
  );
});
