import { expect, test } from 'vitest';
import { PacedOrders } from './paced-orders.ts';
import type { SlotOrder } from './slot-ledger.ts';
import { until } from './testing/start-gateway.ts';

const grants = (count: number, from = 0): SlotOrder[] =>
  Array.from({ length: count }, (_, i) => ({ worker: i % 2, kind: 'grant', key: String(from + i), count: 1 }));

test('few orders leave at once, many in messages that are small, and none overtakes another', async () => {
  const messages: { worker: number; keys: string[] }[] = [];
  const paced = new PacedOrders((worker, orders) => messages.push({ worker, keys: orders.map(({ key }) => key) }));
  paced.add(grants(2));
  expect(messages).toEqual([
    { worker: 0, keys: ['0'] },
    { worker: 1, keys: ['1'] },
  ]);
  paced.add(grants(5_000, 2));
  paced.add(grants(10, 5_002));
  const keysOf = (worker: number): number[] =>
    messages.filter((message) => message.worker === worker).flatMap(({ keys }) => keys.map(Number));
  await until(() => keysOf(0).length + keysOf(1).length === 5_012);
  for (const worker of [0, 1]) expect(keysOf(worker)).toEqual(keysOf(worker).toSorted((a, b) => a - b));
  expect(Math.max(...messages.map(({ keys }) => keys.length))).toBeLessThanOrEqual(500);
});
