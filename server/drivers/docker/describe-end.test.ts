import { expect, test } from 'vitest';
import { describeEnd } from './describe-end.ts';

const ended = (exitCode: number, outOfMemory = false) => ({
  exitCode,
  outOfMemory,
  finishedAt: '2026-01-02T03:04:05.678901234Z',
});
const NOW = Date.parse('2026-02-02T00:00:00Z');

test.each([
  [ended(3), { code: 3, signal: null, reason: 'exited with code 3', outOfMemory: false }],
  [ended(0), { code: 0, signal: null, reason: 'exited with code 0', outOfMemory: false }],
  [ended(127), { code: 127, signal: null, reason: 'exited with code 127: the command could not be run' }],
  [ended(137), { code: 137, signal: 'SIGKILL', reason: 'killed by SIGKILL', outOfMemory: false }],
  [ended(137, true), { code: 137, signal: 'SIGKILL', reason: 'killed for memory by the kernel', outOfMemory: true }],
  [ended(139), { code: 139, signal: 'SIGSEGV', reason: 'killed by SIGSEGV' }],
  [ended(0, true), { outOfMemory: false }],
  [ended(255), { code: 255, signal: null, reason: 'exited with code 255' }],
])('%j', (container, exit) => {
  expect(describeEnd(container, null, NOW)).toMatchObject({ ...exit, at: '2026-01-02T03:04:05.678Z' });
});

test('an end of our own doing says why, and one that nobody saw when it was noticed', () => {
  expect(describeEnd(ended(137), 'the liveness probe failed', NOW).reason).toBe('the liveness probe failed');
  expect(describeEnd(null, null, NOW)).toEqual({
    code: null,
    signal: null,
    reason: 'its container was removed by somebody else',
    outOfMemory: false,
    at: '2026-02-02T00:00:00.000Z',
  });
});
