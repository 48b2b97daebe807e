import { expect, test } from 'vitest';
import { createKeyedWorkQueue } from './keyed-work-queue.ts';

const ignoreErrors = (): void => undefined;

test('a key never runs twice at once, and a wish during a run causes exactly one more', async () => {
  let running = 0;
  let runs = 0;
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const queue = createKeyedWorkQueue({
    onError: ignoreErrors,
    work: async () => {
      running += 1;
      expect(running).toBe(1);
      runs += 1;
      if (runs === 1) await gate;
      running -= 1;
    },
  });
  queue.add('a');
  for (let i = 0; i < 5; i += 1) queue.add('a');
  release();
  await queue.idle();
  expect(runs).toBe(2);
});

test('different keys run side by side, up to the limit', async () => {
  const started: string[] = [];
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const queue = createKeyedWorkQueue({
    maxConcurrent: 2,
    onError: ignoreErrors,
    work: async (key) => {
      started.push(key);
      await gate;
    },
  });
  for (const key of ['a', 'b', 'c']) queue.add(key);
  await Promise.resolve();
  expect(started).toEqual(['a', 'b']);
  release();
  await queue.idle();
  expect(started).toEqual(['a', 'b', 'c']);
});

test('a pass that throws is tried again with a growing pause, and a success forgets the pause', async () => {
  const pauses: number[] = [];
  let attempts = 0;
  const done = Promise.withResolvers<void>();
  const queue = createKeyedWorkQueue({
    baseRetryMs: 1,
    maxRetryMs: 3,
    onError: (_key, _error, retryInMs) => pauses.push(retryInMs),
    work: async () => {
      attempts += 1;
      if (attempts === 5) return done.resolve();
      if (attempts !== 6) throw new Error('not yet');
    },
  });
  queue.add('a');
  await done.promise;
  expect(pauses).toEqual([1, 2, 3, 3]);
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
