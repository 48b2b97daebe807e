import { expect, test } from 'vitest';
import { countFailure, decideWaitMs, type FailureCount, throttleKeyOf } from './sign-in-throttle.ts';

const failing = (times: number): FailureCount => {
  let count: FailureCount | null = null;
  for (let i = 0; i < times; i += 1) count = countFailure(count, 0);
  return count as FailureCount;
};

test('the first five failures cost nothing, then the wait doubles to a quarter of an hour', () => {
  expect([1, 4, 5, 6, 7, 10, 14, 15, 40].map((times) => decideWaitMs(failing(times), 0))).toEqual([
    0, 0, 1_000, 2_000, 4_000, 32_000, 512_000, 900_000, 900_000,
  ]);
});

test('waiting lets the next attempt through, and half an hour of peace forgets everything', () => {
  expect(decideWaitMs(failing(5), 1_000)).toBe(0);
  expect(countFailure(failing(20), 31 * 60_000).failures).toBe(1);
});

test('addresses of one IPv6 network count as one, mapped IPv4 as IPv4', () => {
  expect(throttleKeyOf('2001:db8:1:2::1')).toBe(throttleKeyOf('2001:db8:1:2:ffff:ffff:ffff:ffff'));
  expect(throttleKeyOf('2001:db8:1:3::1')).not.toBe(throttleKeyOf('2001:db8:1:2::1'));
  expect(throttleKeyOf('::1')).toBe('address:0:0:0:0::/64');
  expect(throttleKeyOf('::ffff:192.0.2.7')).toBe(throttleKeyOf('192.0.2.7'));
});
