import { expect, test } from 'vitest';
import { createKeyedWorkQueue } from './keyed-work-queue.ts';

const ignoreErrors = (): void => undefined;

test('a key never runs twice at once, and a wish during a run causes exactly one more', async () => {
  const atOnce: number[] = [];
  let running = 0;
  const gate = Promise.withResolvers<void>();
  const queue = createKeyedWorkQueue({
    onError: ignoreErrors,
    work: async () => {
      running += 1;
      atOnce.push(running);
      await gate.promise;
      running -= 1;
    },
  });
  queue.add('a');
  for (let i = 0; i < 5; i += 1) queue.add('a');
  gate.resolve();
  await queue.idle();
  expect(atOnce).toEqual([1, 1]);
});

test('different keys run side by side, up to the limit', async () => {
  const started: string[] = [];
  const gate = Promise.withResolvers<void>();
  const queue = createKeyedWorkQueue({
    maxConcurrent: 2,
    onError: ignoreErrors,
    work: async (key) => {
      started.push(key);
      await gate.promise;
    },
  });
  for (const key of ['a', 'b', 'c']) queue.add(key);
  await Promise.resolve();
  expect(started).toEqual(['a', 'b']);
  gate.resolve();
  await queue.idle();
  expect(started).toEqual(['a', 'b', 'c']);
});

test('a pass that throws is tried again with a growing pause, and a success forgets the pause', async () => {
  const outcomes = ['fails', 'fails', 'fails', 'fails', 'succeeds', 'fails', 'succeeds'];
  const pauses: number[] = [];
  let attempts = 0;
  let rested = Promise.withResolvers<void>();
  const queue = createKeyedWorkQueue({
    baseRetryMs: 1,
    maxRetryMs: 3,
    onError: (_key, _error, retryInMs) => pauses.push(retryInMs),
    work: async () => {
      const outcome = outcomes[attempts];
      attempts += 1;
      if (outcome === 'fails') throw new Error('not yet');
      rested.resolve();
    },
  });
  queue.add('a');
  await rested.promise;
  await queue.idle();
  expect(pauses).toEqual([1, 2, 3, 3]);
  rested = Promise.withResolvers<void>();
  queue.add('a');
  await rested.promise;
  expect(pauses).toEqual([1, 2, 3, 3, 1]);
});

test('an earlier wish replaces a later one, and stop forgets what is planned', async () => {
  let runs = 0;
  const queue = createKeyedWorkQueue({
    onError: ignoreErrors,
    work: async () => {
      runs += 1;
    },
  });
  queue.add('a', 60_000);
  queue.add('a');
  await queue.idle();
  expect(runs).toBe(1);
  queue.add('a', 60_000);
  await queue.stop();
  queue.add('a');
  await queue.idle();
  expect(runs).toBe(1);
});
