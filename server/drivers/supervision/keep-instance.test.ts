import { afterEach, expect, test, vi } from 'vitest';
import { DriverStoppedError } from '../runtime-driver.ts';
import { keepInstance, RETRY_MS } from './keep-instance.ts';
import { freshSupervision, type SupervisedRecord } from './supervised-record.ts';

const probe = {
  path: '/health',
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
};

const initial: SupervisedRecord = {
  ...freshSupervision('2026-01-01T00:00:00.000Z'),
  spec: {
    instanceId: 'churn.blue.1',
    endpoint: 'churn',
    deployment: 'blue',
    specHash: 'hash',
    command: ['program'],
    environment: {},
    modelDir: null,
    cpu: 1,
    memoryMib: 64,
    liveness: probe,
    readiness: probe,
    stopGraceSeconds: 1,
  },
};

function keep({ write = async () => undefined, restart = async () => undefined }: Partial<Work> = {}) {
  const errors: unknown[] = [];
  const kept = keepInstance({
    initial,
    write,
    restart,
    onHint: () => undefined,
    onError: (_instanceId, error) => errors.push(error),
  });
  return { kept, errors };
}

interface Work {
  write(record: SupervisedRecord): Promise<void>;
  restart(): Promise<void>;
}

const fullDisk = new Error('no space left on device');

afterEach(() => {
  vi.useRealTimers();
});

test('work runs in the order it was asked for, also after work that threw', async () => {
  const { kept, errors } = keep();
  const order: string[] = [];
  const slow = Promise.withResolvers<void>();
  const first = kept.inTurn(async () => {
    await slow.promise;
    order.push('first');
    throw fullDisk;
  });
  kept.soon(async () => order.push('second'));
  slow.resolve();
  await expect(first).rejects.toBe(fullDisk);
  await kept.settled();
  expect(order).toEqual(['first', 'second']);
  expect(errors).toEqual([fullDisk]);
});

test('a removal that the next driver goes on with is no error', async () => {
  const { kept, errors } = keep();
  await expect(kept.inTurn(() => Promise.reject(new DriverStoppedError()))).rejects.toThrow(DriverStoppedError);
  await kept.settled();
  expect(errors).toEqual([]);
});

test('a change that cannot be written down does not count, unless the world tells it again', async () => {
  const { kept, errors } = keep({ write: () => Promise.reject(fullDisk) });
  await expect(kept.save({ phase: 'stopping' })).rejects.toBe(fullDisk);
  expect(kept.record.phase).toBe('starting');
  await kept.saveIfPossible({ ready: true });
  expect(kept.record.ready).toBe(true);
  expect(errors).toEqual([fullDisk]);
});

test('a restart that throws is tried again until it succeeds', async () => {
  vi.useFakeTimers();
  const outcomes = [false, false, true];
  const tried: boolean[] = [];
  const { kept } = keep({
    async restart() {
      const succeeds = outcomes[tried.length] ?? true;
      tried.push(succeeds);
      if (!succeeds) throw fullDisk;
    },
  });
  kept.restartAfter(0);
  await vi.advanceTimersByTimeAsync(10 * RETRY_MS);
  expect(tried).toEqual(outcomes);
});

test('an instance that was left to the next driver is started by nobody here', async () => {
  vi.useFakeTimers();
  let starts = 0;
  const { kept } = keep({
    async restart() {
      starts += 1;
    },
  });
  kept.restartAfter(RETRY_MS);
  kept.leave();
  kept.restartAfter(0);
  await vi.advanceTimersByTimeAsync(10 * RETRY_MS);
  expect(starts).toBe(0);
  expect(kept.leaving.aborted).toBe(true);
});
