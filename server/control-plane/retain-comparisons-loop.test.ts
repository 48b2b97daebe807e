import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { insertEndpoint } from '#server/store/endpoint-store.ts';
import { createTestDatabase, PLAIN_ENDPOINT } from '#server/store/store-fixture.ts';
import { createRetainComparisonsLoop } from './retain-comparisons-loop.ts';

test('telemetry is told of the endpoints once when they change, and again until it hears', async () => {
  const { database, clock, remove } = createTestDatabase();
  onTestFinished(remove);
  const heard: string[][] = [];
  let tries = 0;
  const loop = createRetainComparisonsLoop({
    database,
    clock,
    logger: pino({ level: 'silent' }),
    lookMs: 1,
    async retain({ endpoints }) {
      tries += 1;
      if (tries < 3) throw new Error('away');
      heard.push(endpoints.map(({ name }) => name));
    },
  });
  loop.start();
  await expect.poll(() => heard).toEqual([[]]);
  await database.transact((transaction) => insertEndpoint(transaction, 'iris', PLAIN_ENDPOINT));
  await expect.poll(() => heard).toEqual([[], ['iris']]);
  clock.advance(600_000);
  await expect.poll(() => heard).toEqual([[], ['iris'], ['iris']]);
  await loop.stop();
});
