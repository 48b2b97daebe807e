import { expect, test } from 'vitest';
import { describeTokenAge } from './token-age.ts';

const token = {
  access_token: 'x',
  expiry_time_utc: 3_600,
  refresh_after_time_utc: 2_700,
  token_type: 'Bearer',
} as const;

test.each([
  [0, 'Programs should get the next one in 45 minutes.'],
  [2_650, 'Programs should get the next one in a minute.'],
  [2_700, 'It is time to get the next one.'],
  [3_599, 'It is time to get the next one.'],
  [3_600, 'It has expired: get the next one.'],
])('after %d seconds: %s', (seconds, text) => expect(describeTokenAge(token, seconds * 1000)).toBe(text));
