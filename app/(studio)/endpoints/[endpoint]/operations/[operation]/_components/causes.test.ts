import { describe, expect, test } from 'vitest';
import { ERROR_CODES } from '#lib/contracts/error-codes.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { evidenceOf } from './evidence.ts';
import { editHref, remedyOf } from './remedies.ts';

const PLACE = { endpoint: 'my iris', deployment: 'blue' };
const PROBLEM: Problem = { type: 'about:blank', title: 't', status: 422, detail: 'd', code: 'deployment.exited' };

describe('a remedy', () => {
  test('leads to the field that repairs the cause', () => {
    expect(remedyOf('deployment.wrong_port', PLACE)).toEqual({
      label: 'Correct the port',
      href: '/endpoints/my%20iris/deployments/new?from=blue&focus=container-port',
    });
  });

  test('leads to the page that repairs the cause', () => {
    expect(remedyOf('deployment.registry_denied', PLACE)?.href).toBe('/admin/registries');
  });

  test.each(ERROR_CODES)('of %s is an address inside the studio, or none', (code) => {
    const remedy = remedyOf(code, PLACE);
    expect(remedy === null || new URL(remedy.href, 'http://studio').origin === 'http://studio').toBe(true);
    expect(remedy?.label ?? '').not.toBe(' ');
  });

  test('without fields is the form as it is', () => {
    expect(editHref(PLACE)).toBe('/endpoints/my%20iris/deployments/new?from=blue');
  });
});

describe('evidence', () => {
  test('names how it ended, what the probe saw and where it listens', () => {
    const details = {
      last_exit: { code: 137, signal: 'SIGKILL', out_of_memory: true, reason: '' },
      last_probe: 'connection refused',
      asked_port: 8080,
      listening: [{ port: 9000, loopbackOnly: true }],
      restarts: 3,
      log_tail: ['a', 'b'],
    };
    expect(evidenceOf({ ...PROBLEM, details })).toEqual({
      facts: [
        { term: 'Exit status', value: '137' },
        { term: 'Signal', value: 'SIGKILL' },
        { term: 'Memory', value: 'ended by the kernel at its limit' },
        { term: 'Last probe', value: 'connection refused' },
        { term: 'Asked at port', value: '8080' },
        { term: 'Listens on', value: '9000 on loopback' },
        { term: 'Started again', value: '3 times' },
      ],
      log: 'a\nb',
      traceback: '',
    });
  });

  test('shows a traceback in place of the line that carried it', () => {
    const details = { file: 'score.py', line: 3, traceback: 'Traceback', log_tail: ['x', 'viridian-failure: {}'] };
    expect(evidenceOf({ ...PROBLEM, details })).toEqual({
      facts: [{ term: 'At', value: 'score.py, line 3' }],
      log: 'x',
      traceback: 'Traceback',
    });
  });

  test('of a failure without details is empty', () => {
    expect(evidenceOf(PROBLEM)).toEqual({ facts: [], log: '', traceback: '' });
    expect(evidenceOf({ ...PROBLEM, details: { last_exit: 7, listening: 'x', log_tail: null } }).facts).toEqual([]);
  });
});
