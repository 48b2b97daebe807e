import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

/** Work that ends when it is told to, and says when it has begun. */
function work() {
  let begin = (): void => undefined;
  let finish = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const run = async (): Promise<void> => {
    begin();
    await finished;
  };
  return { run, begun, finish };
}

test('as many work as may, the next when one is done, in their order', async () => {
  const turns = createTurns(2);
  const { signal } = new AbortController();
  const order: number[] = [];
  const works = [work(), work(), work(), work()];
  const all = works.map(({ run }, index) =>
    turns.take(signal, () => {
      order.push(index);
      return run();
    }),
  );
  await Promise.all([works[0]!.begun, works[1]!.begun]);
  expect(order).toEqual([0, 1]);
  works[1]!.finish();
  await works[2]!.begun;
  expect(order).toEqual([0, 1, 2]);
  for (const { finish } of works) finish();
  await Promise.all(all);
  expect(order).toEqual([0, 1, 2, 3]);
});

test('who gives up while waiting holds up nobody, and failed work frees its place', async () => {
  const turns = createTurns(1);
  const control = new AbortController();
  const { signal } = new AbortController();
  const first = work();
  const failing = turns.take(signal, async () => {
    await first.run();
    throw new Error('broken');
  });
  const givenUp = turns.take(control.signal, () => Promise.resolve('never'));
  const last = turns.take(signal, () => Promise.resolve('done'));
  control.abort(new Error('not wanted'));
  await expect(givenUp).rejects.toThrow('not wanted');
  first.finish();
  await expect(failing).rejects.toThrow('broken');
  expect(await last).toBe('done');
  await expect(turns.take(control.signal, () => Promise.resolve('never'))).rejects.toThrow('not wanted');
});
