import { expect, test } from 'vitest';
import { UNOBSERVED, type InstanceRecord } from '#server/domain/instance.ts';
import type { InstanceExit, ObservedInstance } from '#server/drivers/runtime-driver.ts';
import { desiredOnnx } from '#server/store/store-fixture.ts';
import type { InstanceFacts } from './deployment-facts.ts';
import { describeFailure } from './describe-failure.ts';

const row: InstanceRecord = {
  ...UNOBSERVED,
  id: 'iris.blue.a1',
  endpointName: 'iris',
  deploymentName: 'blue',
  specHash: 'a',
  spec: desiredOnnx({ command: ['serve'] }).spec,
  desired: 'run',
  drainingSince: null,
  createdAt: 0,
};

function instanceThat(exit: Partial<InstanceExit>, lastResult = 'connection refused'): InstanceFacts {
  const actual: ObservedInstance = {
    instanceId: row.id,
    endpoint: 'iris',
    deployment: 'blue',
    specHash: 'a',
    state: 'backing_off',
    generation: 3,
    address: null,
    startedAt: null,
    restarts: 3,
    lastExit: { code: 1, signal: null, reason: 'exited with code 1', outOfMemory: false, at: '', ...exit },
    runtimeRef: null,
    memoryLimitBy: 'none',
    probe: { attempts: 9, lastResult },
  };
  return { row, actual, refusal: null, environment: { kind: 'not_needed' }, ready: false };
}

const exitLoop = (exit: Partial<InstanceExit>, log: string[] = []) =>
  describeFailure({ kind: 'exit_loop', instance: instanceThat(exit) }, log, 'remove');

test.each([
  [
    'its words',
    exitLoop({}, ['Traceback', 'ValueError: no such layer']),
    'deployment.exited',
    'ValueError: no such layer',
  ],
  [
    'a signal',
    exitLoop({ code: null, signal: 'SIGSEGV', reason: 'killed by SIGSEGV' }),
    'deployment.exited',
    'killed by SIGSEGV',
  ],
  [
    'the kernel for memory',
    exitLoop({ outOfMemory: true }),
    'deployment.out_of_memory',
    'more memory than the 512 MiB',
  ],
  [
    'V8 for memory',
    exitLoop({ code: 134 }, ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory']),
    'deployment.out_of_memory',
    'instance type cpu-1',
  ],
  [
    'a command that is not there',
    exitLoop({ code: 127 }, ['serve: not found']),
    'deployment.command_not_found',
    '"serve"',
  ],
  [
    'a command that cannot be executed',
    exitLoop({ code: 126 }, ['serve: permission denied']),
    'deployment.command_not_executable',
    'permission denied',
  ],
  [
    'a report of our Python server',
    exitLoop({ code: 65 }, [
      'Traceback',
      'viridian-failure: {"code":"deployment.import_missing","detail":"No module named cv2.","file":"score.py","line":3}',
    ]),
    'deployment.import_missing',
    'No module named cv2.',
  ],
  [
    'a Python program that lacks a module',
    exitLoop({ code: 65 }, ["model does not load: ModuleNotFoundError: No module named 'cv2.dnn'"]),
    'deployment.import_missing',
    'Add the package opencv-python-headless to the environment',
  ],
  [
    'our Python server for memory',
    exitLoop({ code: 1 }, ['model does not load: there is not enough memory']),
    'deployment.out_of_memory',
    'instance type cpu-1',
  ],
  [
    'onnxruntime',
    exitLoop({}, ['model does not load: Fatal error: com.foo:Bar(-1) is not a registered function/op']),
    'deployment.model_not_loadable',
    'is not a registered function/op',
  ],
])('an end told by %s is classified and told in words', (_name, problem, code, words) => {
  expect(problem.code).toBe(code);
  expect(problem.detail).toContain(words);
  expect(problem.detail).toContain('Nothing is left running');
});

test.each(['/var/azureml-app/code', '/data/files/abc'])(
  'a place in code under %s is told as whoever wrote it knows it',
  (folder) => {
    const report = {
      code: 'deployment.script_failed',
      detail: 'init() raised.',
      file: `${folder}/parts/a.py`,
      line: 3,
    };
    const facts = instanceThat({ code: 3 });
    const spec = { ...row.spec, code: { files: 'abc', scoringScript: 'score.py' } };
    const instance = { ...facts, row: { ...row, spec } };
    const problem = describeFailure(
      { kind: 'exit_loop', instance },
      [`viridian-failure: ${JSON.stringify(report)}`],
      'remove',
    );
    expect(problem.details).toMatchObject({ file: 'parts/a.py', line: 3 });
  },
);

test('what follows a list of files stands on a line of its own', () => {
  const report = { code: 'deployment.model_not_loadable', detail: 'There is no a.bin. The folder holds:\n    b.bin' };
  const { detail } = exitLoop({ code: 3 }, [`viridian-failure: ${JSON.stringify(report)}`]);
  expect(detail).toContain('    b.bin\nNothing is left running');
});

test('an instance that never became ready is told with the last answer and what it costs', () => {
  const failure = { kind: 'never_ready', instance: instanceThat({}, 'HTTP 503: loading'), afterSeconds: 310 } as const;
  const problem = describeFailure(failure, ['loading'], 'keep');
  expect(problem).toMatchObject({ code: 'deployment.not_ready_in_time', details: { last_probe: 'HTTP 503: loading' } });
  expect(problem.detail).toContain('within 310 s');
  expect(problem.detail).toContain('HTTP 503: loading');
  expect(problem.detail).toContain('costs until');
});

test('a refusal keeps its code and words', () => {
  const refusal = { kind: 'refused', code: 'deployment.no_port_available', detail: 'No free port was found.' } as const;
  const problem = describeFailure(refusal, [], 'revert');
  expect(problem).toMatchObject({ code: 'deployment.no_port_available', status: 503 });
  expect(problem.detail).toBe('No free port was found. The previous version keeps serving.');
});

test('the last lines and the exit are in the details, and there is no request to refer to', () => {
  const problem = exitLoop({ code: 3, reason: 'exited with code 3' }, ['a', 'b']);
  expect(problem.details).toMatchObject({
    log_tail: ['a', 'b'],
    restarts: 3,
    last_exit: { code: 3, out_of_memory: false },
    instance: row.id,
  });
  expect(problem).not.toHaveProperty('request_id');
  expect(problem.detail).toContain('Its last line was: b. Nothing is left running');
});

test('a line of any length is quoted shortly', () => {
  expect(exitLoop({}, ['x'.repeat(100_000)]).detail.length).toBeLessThan(1_000);
});

test('a server that runs elsewhere and does not answer is told with its URL, and costs nothing', () => {
  const external = { urls: ['http://models.example/v2'], healthPath: '/health', headers: {} };
  const facts = instanceThat({}, 'HTTP 404');
  const instance = { ...facts, row: { ...row, spec: { ...row.spec, external } } };
  const problem = describeFailure({ kind: 'never_ready', instance, afterSeconds: 15 }, [], 'keep');
  expect(problem.code).toBe('deployment.not_ready_in_time');
  expect(problem.detail).toContain('GET http://models.example/v2/health with success within 15 s');
  expect(problem.detail).toContain('HTTP 404');
  expect(problem.detail).toContain('external.health_path');
  expect(problem.detail).not.toContain('costs');
});

const silence = (change: Partial<InstanceFacts['row']['spec']>, probe: ObservedInstance['probe']) => {
  const facts = instanceThat({});
  const actual = { ...facts.actual!, state: 'unready' as const, address: { host: '172.18.0.2', port: 8080 }, probe };
  const instance = { ...facts, actual, row: { ...row, spec: { ...row.spec, ...change } } };
  return describeFailure({ kind: 'never_ready', instance, afterSeconds: 30 }, [], 'keep');
};

test.each([
  [
    'another port',
    silence({}, { attempts: 9, lastResult: 'refused', listening: [{ port: 9000, loopbackOnly: false }] }),
    'deployment.wrong_port',
    'listens on 9000',
  ],
  [
    'loopback only',
    silence({}, { attempts: 9, lastResult: 'refused', listening: [{ port: 8080, loopbackOnly: true }] }),
    'deployment.listens_on_loopback',
    'listen on 0.0.0.0',
  ],
  [
    'an error of a container',
    silence({ kind: 'container' }, { attempts: 9, lastResult: 'status 404' }),
    'deployment.probe_failed',
    'status 404',
  ],
  [
    'nothing that is known',
    silence({}, { attempts: 9, lastResult: 'refused' }),
    'deployment.not_ready_in_time',
    'refused',
  ],
])('a program that runs and is not ready because of %s is told in words', (_name, problem, code, words) => {
  expect(problem.code).toBe(code);
  expect(problem.detail).toContain(words);
});
