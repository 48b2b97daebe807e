import { describe, expect, test } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '#lib/contracts/error-codes.ts';
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

/** What may come of a container that somebody brings, and what each leads to. */
const FAULTS: readonly [fault: string, code: ErrorCode, leadsTo: string][] = [
  ['an image that no registry has', 'deployment.image_not_found', 'focus=container-image'],
  ['a reference that is none', 'deployment.image_invalid', 'focus=container-image'],
  ['a registry that refuses the credentials', 'deployment.registry_denied', '/admin/registries'],
  ['a registry that does not answer', 'deployment.registry_unreachable', 'focus=container-image'],
  ['another architecture', 'deployment.wrong_architecture', 'focus=container-image'],
  ['a disk that is full while it pulls', 'deployment.disk_full', '/environments'],
  ['a command that is not there', 'deployment.command_not_found', 'focus=container-command'],
  ['a command that cannot be executed', 'deployment.command_not_executable', 'focus=container-command'],
  ['a program that ends', 'deployment.exited', '/logs?dep=blue'],
  ['another port', 'deployment.wrong_port', 'focus=container-port'],
  ['loopback alone', 'deployment.listens_on_loopback', 'focus=container-command'],
  ['readiness that answers 404 or 500', 'deployment.probe_failed', 'focus=container-readiness-path'],
  ['readiness that never answers, or a slow start', 'deployment.not_ready_in_time', 'focus=container-readiness-path'],
  ['too little memory', 'deployment.out_of_memory', 'focus=instance-type'],
  ['a model that is gone', 'deployment.model_missing', 'focus=model'],
  ['a Dockerfile that is absent', 'deployment.dockerfile_missing', 'focus=container-dockerfile'],
  ['a step that fails', 'deployment.build_failed', 'focus=container-context'],
  ['an instance type larger than the host', 'deployment.instance_type_too_large', 'focus=instance-type'],
  ['a GPU where there is none', 'deployment.gpu_unavailable', 'focus=instance-type'],
  ['an engine that is absent, denied or down', 'deployment.runtime_unavailable', 'focus=method'],
  ['an engine that refuses the container', 'deployment.container_refused', 'focus=container-user'],
];

describe('a container that fails for', () => {
  test.each(FAULTS)('%s has a button that leads to what mends it', (_fault, code, leadsTo) => {
    const remedy = remedyOf(code, { endpoint: 'iris', deployment: 'blue' });
    expect(remedy?.label).toMatch(/^[A-Z][a-z]+ .+/);
    expect(decodeURIComponent(remedy?.href ?? '')).toContain(leadsTo);
  });

  test('whatever else may come of a deployment has a button too, unless only another attempt helps', () => {
    const without = ERROR_CODES.filter((code) => code.startsWith('deployment.') && remedyOf(code, PLACE) === null);
    expect(without.toSorted()).toEqual([
      'deployment.canceled',
      'deployment.has_traffic',
      'deployment.limit_reached',
      'deployment.no_port_available',
      'deployment.not_found',
      'deployment.packages_unreachable',
    ]);
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

  test('a single restart is told as once, and none not at all', () => {
    const restartsOf = (restarts: number) => evidenceOf({ ...PROBLEM, details: { restarts } }).facts;
    expect(restartsOf(1)).toEqual([{ term: 'Started again', value: 'once' }]);
    expect(restartsOf(0)).toEqual([]);
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
