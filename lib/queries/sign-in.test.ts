import { expect, test } from 'vitest';
import { signInOutcome } from './sign-in.ts';

test.each([
  [true, null, { kind: 'signed-in' }],
  [false, 'wrong', { kind: 'wrong' }],
  [false, 'CredentialsSignin', { kind: 'wrong' }],
  [false, 'throttled:37', { kind: 'throttled', seconds: 37 }],
  [false, 'unavailable', { kind: 'unavailable' }],
  [false, 'throttled:soon', { kind: 'unavailable' }],
  [false, null, { kind: 'unavailable' }],
] as const)('answer %j with error %j', (ok, error, outcome) => expect(signInOutcome(ok, error)).toEqual(outcome));
