import { setImmediate as otherWork } from 'node:timers/promises';

/** Results of all items in their order, with at most so many under way at once. Whatever else there is to do is done between. */
export async function inBatches<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += atOnce) {
    results.push(...(await Promise.all(items.slice(at, at + atOnce).map(work))));
    await otherWork();
  }
  return results;
}
