import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '#lib/contracts/error-codes.ts';
import { problemSchema } from '#lib/contracts/problem.ts';
import { AppError } from './app-error.ts';
import { ERROR_CATALOGUE, toProblem } from './error-catalogue.ts';

const failureModes = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'failure-modes.md'), 'utf8');

test.each(ERROR_CODES)('%s has a section in the failure modes that tells its status', (code) => {
  const section = failureModes.split(`### \`${code}\``)[1] ?? '';
  expect(section.trimStart()).toMatch(new RegExp(`^\\*\\*${ERROR_CATALOGUE[code].status}\\*\\*`));
});

test('the failure modes describe no code that does not exist', () => {
  const described = [...failureModes.matchAll(/^### `(.+)`$/gm)].map((match) => match[1]);
  expect(described.toSorted()).toEqual([...ERROR_CODES].toSorted());
});

test('a known error becomes a problem body with its code, sentence, fields and details', () => {
  const error = new AppError('traffic.invalid_sum', 'The shares sum to 97.', {
    errors: [{ path: '/traffic', message: 'sum is 97' }],
    details: { sum: 97 },
  });
  expect(problemSchema.parse(toProblem(error, 'req_1'))).toEqual({
    type: 'urn:viridian:error:traffic.invalid_sum',
    title: 'Traffic must sum to 0 or 100',
    status: 422,
    detail: 'The shares sum to 97.',
    code: 'traffic.invalid_sum',
    request_id: 'req_1',
    errors: [{ path: '/traffic', message: 'sum is 97' }],
    details: { sum: 97 },
  });
});

test('an unknown error tells the caller nothing but the request id', () => {
  const problem = toProblem(new Error('password=hunter2 at /secret/path'), 'req_2');
  expect(problem.code).toBe('platform.internal');
  expect(JSON.stringify(problem)).not.toMatch(/hunter2|secret/);
  expect(problem.detail).toContain('req_2');
});
