import { expect, test } from 'vitest';
import { refuseUntriable } from './trials.ts';

const environment = { servesPython: true };

test('a model that asks for GPUs is tried as a process, and not in a container, which would have none', () => {
  expect(() => refuseUntriable({ environment, runtime: 'process', gpus: 1 })).not.toThrow();
  expect(() => refuseUntriable({ environment, runtime: 'docker' })).not.toThrow();
  expect(() => refuseUntriable({ environment, runtime: 'docker', gpus: 1 })).toThrow(
    'only instances are given devices',
  );
});
