import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BuildArtifact } from '#server/domain/environment-build.ts';
import { systemClock } from '#server/kernel/clock.ts';
import { createLogger } from '#server/kernel/logger.ts';
import { chooseEvictions, createBuildStore, type BuildStore } from './build-store.ts';

const logger = createLogger('test', 'silent');
const artifact: BuildArtifact = { kind: 'venv', python: '/x/bin/python', pythonVersion: '3.11.7' };
const request = { key: 'k1', runtime: 'process', attempt: 'a1' } as const;
let folder: string;
let store: BuildStore;

const open = async (): Promise<BuildStore> => {
  const opened = createBuildStore({ folder, clock: systemClock, logger });
  await opened.start();
  return opened;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-builds-'));
  store = await open();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const finished = { artifact, warnings: ['w'], sizeBytes: 5, packages: [{ name: 'six', version: '1.17.0' }] };

test('what ended is found again after a restart, with its log', async () => {
  const journal = await store.begin(request);
  journal.line('one\ntwo');
  await journal.complete({ ...finished, facts: { pulled: 'x' } });
  const again = await open();
  expect(again.find('k1')).toMatchObject({
    state: { kind: 'ready', artifact, warnings: ['w'] },
    sizeBytes: 5,
    facts: { pulled: 'x' },
    attempt: 'a1',
  });
  expect(again.list('process')).toHaveLength(1);
  expect(again.list('docker')).toEqual([]);
  expect((await again.readLog('k1', { tail: 10 })).map(({ text }) => text)).toEqual(['one', 'two']);
});

test('a failure keeps the last lines that came before it', async () => {
  const journal = await store.begin(request);
  journal.line('no such package');
  await journal.fail({ code: 'deployment.package_not_found', detail: 'It does not exist.' });
  expect((await open()).find('k1')?.state).toEqual({
    kind: 'failed',
    failure: {
      code: 'deployment.package_not_found',
      detail: 'It does not exist.',
      logTail: ['no such package'],
    },
  });
});

test('a build that a crash or a stop cut has no record', async () => {
  const journal = await store.begin(request);
  journal.step('Installing', 0.5);
  expect(store.find('k1')?.state).toMatchObject({ kind: 'building', step: 'Installing', progress: 0.5 });
  expect((await open()).find('k1')).toBeNull();
  await journal.abandon('Stopped.');
  expect(store.find('k1')).toBeNull();
});

test('a record that cannot be read is as none', async () => {
  await (await store.begin(request)).complete(finished);
  await writeFile(join(folder, 'k1', 'record.json'), '{"key":');
  expect((await open()).find('k1')).toBeNull();
});

test('a follower gets every line once, from its cursor to the end of the build', async () => {
  const journal = await store.begin(request);
  journal.line('one');
  const seen: string[] = [];
  let second = (): void => undefined;
  const sawSecond = new Promise<void>((resolve) => (second = resolve));
  const followed = store.followLog(
    'k1',
    null,
    ({ text }) => {
      seen.push(text);
      if (text === 'two') second();
    },
    new AbortController().signal,
  );
  journal.line('two');
  await sawSecond;
  journal.line('three');
  await journal.complete(finished);
  await followed;
  expect(seen).toEqual(['one', 'two', 'three']);
  const [first] = await store.readLog('k1', { tail: 3 });
  const rest = await store.readLog('k1', { tail: 10, after: first?.cursor ?? '' });
  expect(rest.map(({ text }) => text)).toEqual(['two', 'three']);
});

test('a follower that goes away is let go', async () => {
  const journal = await store.begin(request);
  const control = new AbortController();
  const followed = store.followLog('k1', null, () => undefined, control.signal);
  control.abort();
  await expect(followed).resolves.toBeUndefined();
  await journal.abandon('Stopped.');
});

test('a cursor of an earlier build reads the new log from its start', async () => {
  const first = await store.begin(request);
  first.line('old\nold');
  await first.fail({ code: 'deployment.build_failed', detail: 'No.' });
  const cursor = (await store.readLog('k1', { tail: 1 }))[0]?.cursor ?? '';
  const second = await store.begin({ ...request, attempt: 'a2' });
  second.line('new');
  await second.complete(finished);
  expect((await store.readLog('k1', { tail: 9, after: cursor })).map(({ text }) => text)).toEqual(['new']);
});

test('secrets, control characters and overwritten progress do not reach the log', async () => {
  const journal = await store.begin(request, ['hunter2']);
  journal.line('https://me:hunter2@index\n10%\r20%\r100%\r\nbell\u0007');
  await journal.complete(finished);
  expect((await store.readLog('k1', { tail: 9 })).map(({ text }) => text)).toEqual([
    'https://me:***@index',
    '100%',
    'bell',
  ]);
});

test('a log without end keeps its newest lines and stays bounded', async () => {
  const journal = await store.begin(request);
  for (let line = 0; line < 3000; line += 1) journal.line(`${line} ${'x'.repeat(8000)}`);
  await journal.complete(finished);
  expect((await readFile(join(folder, 'k1', 'build.log'))).length).toBeLessThan(20 * 2 ** 20);
  expect((await store.readLog('k1', { tail: 1 }))[0]?.text).toMatch(/^2999 /);
});

test('a build that was removed while it ran stays removed', async () => {
  const journal = await store.begin(request);
  await store.remove('k1');
  await journal.complete(finished);
  expect(store.find('k1')).toBeNull();
  expect((await open()).find('k1')).toBeNull();
});

test('keys that are no plain names are refused', async () => {
  await expect(store.begin({ ...request, key: '../x' })).rejects.toThrow('letters, digits');
});

test('of what nobody uses, the longest unused goes first, and failures at once', async () => {
  for (const key of ['old', 'new', 'used']) await (await store.begin({ ...request, key })).complete(finished);
  await (await store.begin({ ...request, key: 'bad' })).fail({ code: 'deployment.build_failed', detail: 'No.' });
  const all = store.list('process').map((build) => ({
    ...build,
    unusedSince: { old: 1, new: 2, bad: 3 }[build.key] ?? null,
  }));
  expect(chooseEvictions(all, 5).map(({ key }) => key)).toEqual(['bad', 'old']);
  expect(chooseEvictions(all, 10).map(({ key }) => key)).toEqual(['bad']);
});
