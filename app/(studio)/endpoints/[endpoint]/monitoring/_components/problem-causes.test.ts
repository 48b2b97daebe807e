import { expect, test } from 'vitest';
import { GATEWAY_REASONS } from '#server/telemetry/request-record.ts';
import { countsOfCause, PROBLEM_CAUSES } from './problem-causes.ts';

test('every reason of the gateway that is a problem has exactly one cause', () => {
  const told = PROBLEM_CAUSES.flatMap(({ reasons }) => reasons);
  expect(told.toSorted()).toEqual(GATEWAY_REASONS.filter((one) => one !== 'none' && one !== 'preflight').toSorted());
});

test('a cause counts all of its reasons, 0 where others were measured, and nothing where nobody was', () => {
  const cause = PROBLEM_CAUSES.find(({ reasons }) => reasons.includes('queue_full'))!;
  const byReason = new Map([
    ['none', [10, 10, null]],
    ['queue_full', [2, null, null]],
    ['queue_timeout', [1, null, null]],
  ]);
  expect(countsOfCause(cause, byReason, 3)).toEqual([3, 0, null]);
});
