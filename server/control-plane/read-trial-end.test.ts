import { expect, test } from 'vitest';
import type { ProgramEnd } from '#server/domain/trial.ts';
import { readTrialEnd } from './read-trial-end.ts';

const LIMIT_MS = 600_000;

const read = (end: Partial<ProgramEnd>) =>
  readTrialEnd({ code: 0, signal: null, timedOut: false, stdout: '', stderr: '', ...end }, LIMIT_MS);

const report = (fields: object): string => JSON.stringify({ ok: true, ...fields });

test('a model that answered has its figures, its answer and no error', () => {
  const stdout = `${report({ load_seconds: 2, score_ms: 3, peak_memory_mib: 4, response: [1], warnings: ['slow'] })}\n`;
  expect(read({ stdout })).toEqual({
    measured: { loadSeconds: 2, scoreMs: 3, peakMemoryMib: 4, response: [1] },
    warnings: ['slow'],
    error: null,
  });
});

test('what a script prints, also JSON and also after the report, is not taken for the report', () => {
  const stdout = ['{"ok":"maybe"}', '{not json', report({ score_ms: 3 }), '{"rows": 2}', 'bye'].join('\r\n');
  expect(read({ stdout }).measured.scoreMs).toBe(3);
});

test.each<[string, Partial<ProgramEnd>, string, string]>([
  [
    'a failure that the server names keeps its code and what is known of it',
    { stdout: report({ ok: false, failure: { code: 'deployment.import_missing', detail: 'No cv2.', line: 3 } }) },
    'deployment.import_missing',
    'No cv2.',
  ],
  [
    'a failure with a code that is not ours is one of the script',
    { stdout: report({ ok: false, failure: { code: 'new_code', detail: 'Odd.' } }) },
    'deployment.script_failed',
    'Odd.',
  ],
  [
    'an answer that is an error is one of the request',
    { stdout: report({ ok: false }) },
    'deployment.probe_failed',
    '',
  ],
  ['a program that was ended at its limit', { timedOut: true, code: null }, 'deployment.not_ready_in_time', '10 min'],
  ['a program that was killed', { code: null, signal: 'SIGKILL' }, 'deployment.out_of_memory', 'killed'],
  ['a program that ended without a word', { code: 3 }, 'deployment.exited', 'code 3'],
  ['a program that another signal ended', { code: null, signal: 'SIGSEGV' }, 'deployment.exited', 'SIGSEGV'],
])('%s', (_what, end, code, words) => {
  const { error } = read(end);
  expect(error?.code).toBe(code);
  expect(error?.message).toContain(words);
});
