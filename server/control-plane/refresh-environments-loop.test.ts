import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { EMPTY_DEFINITION } from '#server/domain/environment.ts';
import type { BuildState } from '#server/domain/environment-build.ts';
import { keyOfKind } from '#server/domain/environment-refresh.ts';
import { findEnvironmentVersion, insertEnvironmentVersion } from '#server/store/environment-store.ts';
import { createTestDatabase } from '#server/store/store-fixture.ts';
import { createFakeBuilder } from '#server/testing/fake-builder.ts';
import { createRefreshEnvironmentsLoop } from './refresh-environments-loop.ts';

const READY: BuildState = {
  kind: 'ready',
  artifact: { kind: 'venv', python: '/python', pythonVersion: '3.11.2' },
  warnings: [],
};
const KIND = { runtime: 'process', servesPython: true } as const;
const EVERY_MS = 86_400_000;

test('a build that has become old is made anew beside the one in use, whose number changes only once it is whole', async () => {
  const { database, clock, remove } = createTestDatabase();
  onTestFinished(remove);
  const builder = createFakeBuilder();
  const words = { description: '', tags: { curated: 'true' }, properties: {} };
  const made = { name: 'sk', version: '1', anonymous: false, definition: EMPTY_DEFINITION, ...words };
  const version = await database.transact((tx) => insertEnvironmentVersion(tx, made));
  const first = keyOfKind(version, KIND);
  await builder.ensure({
    key: first,
    runtime: 'process',
    definition: null as never,
    servesPython: true,
    isRebuild: false,
    attempt: 'a',
  });
  builder.become(first, READY);
  clock.advance(2 * EVERY_MS);
  const open = () => {
    const logger = pino({ level: 'silent' });
    const deps = { database, environments: builder, filesDir: '/files', everyMs: EVERY_MS, clock, logger, lookMs: 1 };
    return createRefreshEnvironmentsLoop(deps);
  };

  const loop = open();
  loop.start();
  await expect.poll(() => builder.begun.length).toBe(2);
  const next = keyOfKind(version, KIND, 1);
  expect(builder.begun[1]).toMatchObject({ key: next, attempt: 'refresh-1', runtime: 'process' });
  expect(await findEnvironmentVersion(database, 'sk', '1')).toMatchObject({ buildNumber: 1 });
  await loop.stop();

  builder.become(next, READY);
  const again = open();
  again.start();
  await expect.poll(async () => (await findEnvironmentVersion(database, 'sk', '1'))?.buildNumber).toBe(2);
  await again.stop();
});

test('nothing is made anew where the refresh is turned off', async () => {
  const { database, clock, remove } = createTestDatabase();
  onTestFinished(remove);
  const asked: string[] = [];
  const environments = { find: async (key: string) => (asked.push(key), null), ensure: async () => READY };
  const logger = pino({ level: 'silent' });
  const loop = createRefreshEnvironmentsLoop({ database, environments, filesDir: '', everyMs: 0, clock, logger });
  loop.start();
  await loop.stop();
  expect(asked).toEqual([]);
});
