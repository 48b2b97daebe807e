import { expect, test } from 'vitest';
import { limitConcurrency } from './limit-concurrency.ts';

test('so much work is under way at once, all of it is done in order, and what fails gives its place away', async () => {
  const limited = limitConcurrency(2);
  const begun: number[] = [];
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<number>());
  const results = ends.map(({ promise }, index) =>
    limited(() => {
      begun.push(index);
      return promise;
    }).catch((error: unknown) => String(error)),
  );
  expect(begun).toEqual([0, 1]);
  ends[1]?.reject(new Error('refused'));
  expect(await results[1]).toBe('Error: refused');
  expect(begun).toEqual([0, 1, 2]);
  for (const [index, end] of ends.entries()) end.resolve(index);
  expect(await Promise.all(results)).toEqual([0, 'Error: refused', 2, 3, 4]);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});
