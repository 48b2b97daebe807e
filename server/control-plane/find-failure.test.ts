import { expect, test } from 'vitest';
import { UNOBSERVED } from '#server/domain/instance.ts';
import type { OperationRecord } from '#server/domain/operation.ts';
import type { InstanceExit, ObservedInstance } from '#server/drivers/runtime-driver.ts';
import { EXIT_BAD_DATA, EXIT_CONFIG } from '#server/kernel/exit-status.ts';
import { desiredOnnx } from '#server/store/store-fixture.ts';
import type { DeploymentFacts, InstanceFacts } from './deployment-facts.ts';
import { findFailure } from './find-failure.ts';

const OPERATION_BEGAN = 10_000;

interface Ended {
  exit: Partial<InstanceExit>;
  restarts?: number;
  command?: string[] | null;
  atMs?: number;
}

/** A rollout whose only instance ended like that. */
function rolloutWith({ exit, restarts = 1, command = null, atMs = OPERATION_BEGAN }: Ended): DeploymentFacts {
  const lastExit = {
    code: null,
    signal: null,
    reason: '',
    outOfMemory: false,
    at: new Date(atMs).toISOString(),
    ...exit,
  };
  const actual: Partial<ObservedInstance> = { state: 'backing_off', restarts, lastExit };
  const row = { ...UNOBSERVED, id: 'iris.blue.a1', spec: desiredOnnx({ command }).spec };
  const instance = { row, actual, refusal: null, ready: false } as unknown as InstanceFacts;
  const operation = { createdAt: OPERATION_BEGAN } as OperationRecord;
  return {
    good: false,
    environment: { kind: 'not_needed' },
    current: [instance],
    operation,
  } as unknown as DeploymentFacts;
}

const failureOf = (ended: Ended) => findFailure(rolloutWith(ended), OPERATION_BEGAN)?.kind ?? null;

test.each<[string, Ended]>([
  ['our model server calls the model no good', { exit: { code: EXIT_BAD_DATA } }],
  ['our model server calls its settings wrong', { exit: { code: EXIT_CONFIG } }],
  ['the command is not there', { exit: { code: 127 }, command: ['nobody'] }],
  ['the command cannot be executed', { exit: { code: 126 }, command: ['/etc/passwd'] }],
  ['it has ended three times, however it ended', { exit: { signal: 'SIGSEGV' }, restarts: 3 }],
])('a rollout fails at once when %s', (_when, ended) => {
  expect(failureOf(ended)).toBe('exit_loop');
});

test.each<[string, Ended]>([
  ['a crash', { exit: { signal: 'SIGSEGV' } }],
  ['a second crash', { exit: { code: 1 }, restarts: 2 }],
  ['a kill for memory', { exit: { signal: 'SIGKILL', outOfMemory: true } }],
  ["a foreign program's status, which may mean anything", { exit: { code: EXIT_BAD_DATA }, command: ['serve'] }],
  ['an end from before the rollout', { exit: { code: EXIT_BAD_DATA }, restarts: 9, atMs: OPERATION_BEGAN - 1 }],
])('a rollout goes on after %s', (_what, ended) => {
  expect(failureOf(ended)).toBeNull();
});
