import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '#server/kernel/clock.ts';
import { eventually } from '#server/testing/eventually.ts';
import type { ConsoleLine } from '../runtime-driver.ts';
import { createConsoleCollector, type ConsoleCollector } from './console-collector.ts';
import { createCursorSource, isAfter } from '../console/console-line.ts';
import { createLogSegments, newestLines, type SegmentLimits } from '../console/log-segments.ts';

let root: string;
let logs: string;
let files: { stdout: string; stderr: string };
let open: ConsoleCollector[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'viridian-console-'));
  logs = join(root, 'logs');
  files = { stdout: join(root, 'stdout.raw'), stderr: join(root, 'stderr.raw') };
  await writeFile(files.stdout, '');
  await writeFile(files.stderr, '');
  open = [];
});

afterEach(async () => {
  for (const collector of open) await collector.stop();
  await rm(root, { recursive: true, force: true });
});

async function collect(limits?: SegmentLimits, onLine: (line: ConsoleLine) => void = () => undefined) {
  const collector = createConsoleCollector({
    instanceId: 'a1',
    files,
    segments: createLogSegments(logs, 'a1', limits),
    clock: systemClock,
    cursors: createCursorSource(systemClock.now),
    onLine,
    onError: (error) => console.error(error),
  });
  open.push(collector);
  await collector.start();
  return collector;
}

const read = async (tail = 10_000) => newestLines(logs, 'a1', { tail });
const textsOf = async (): Promise<string[]> => (await read()).map(({ text }) => text);

test('output that comes while nobody asks is taken over', async () => {
  const heard: string[] = [];
  await collect(undefined, (line) => heard.push(`${line.stream} ${line.text}`));
  await appendFile(files.stdout, 'hello\n');
  await eventually(() => heard.includes('stdout hello'));
  await appendFile(files.stderr, 'oh\n');
  await eventually(() => heard.includes('stderr oh'));
  expect(await textsOf()).toEqual(['hello', 'oh']);
});

test('a collector that starts anew goes on where the one before stopped, and repeats nothing', async () => {
  const first = await collect();
  await appendFile(files.stdout, 'one\ntwo\nhalf');
  await first.collect();
  await first.stop();
  await appendFile(files.stdout, ' and half\nthree\n');
  await collect();
  expect(await textsOf()).toEqual(['one', 'two', 'half and half', 'three']);
});

test('a line that a kill cut short in the log is written again', async () => {
  const first = await collect();
  await appendFile(files.stdout, 'one\ntwo\n');
  await first.collect();
  await first.stop();
  const [line] = (await read()).slice(-1);
  await appendFile(join(logs, 'console.log'), `${line?.cursor}1 2026-01-01T00:00:00.000Z O 99`);
  await collect();
  expect(await textsOf()).toEqual(['one', 'two']);
});

test('cursors rise over restarts of the collector', async () => {
  const first = await collect();
  await appendFile(files.stdout, 'one\ntwo\n');
  await first.collect();
  await first.stop();
  const second = await collect();
  await second.note('three');
  const cursors = (await read()).map(({ cursor }) => cursor);
  expect(cursors.every((cursor, at) => at === 0 || isAfter(cursor, cursors[at - 1] ?? ''))).toBe(true);
});

test('segments are rotated by size and bounded in number, and the newest lines stay', async () => {
  const collector = await collect({ segmentBytes: 1_000, segments: 3 });
  for (let round = 0; round < 40; round += 1) {
    await appendFile(files.stdout, `line ${round} ${'x'.repeat(200)}\n`);
    await collector.collect();
  }
  expect((await readdir(logs)).toSorted()).toEqual(['console.log', 'console.log.1', 'console.log.2']);
  const texts = await textsOf();
  expect(texts.at(-1)).toMatch(/^line 39 /);
  expect(texts.length).toBeLessThan(20);
});

test('output without an end is taken when the program has ended', async () => {
  const collector = await collect();
  await appendFile(files.stderr, 'Killed');
  await collector.collect();
  expect(await textsOf()).toEqual([]);
  await collector.collect(true);
  expect(await textsOf()).toEqual(['Killed']);
});

test('a flood is taken over whole and its raw bytes are given back', async () => {
  const collector = await collect();
  const line = `${'y'.repeat(1_023)}\n`;
  await appendFile(files.stdout, line.repeat(9 * 1024));
  await collector.collect();
  await appendFile(files.stdout, 'after the flood\n');
  await collector.collect();
  const last = await read(1);
  expect(last[0]?.text).toBe('after the flood');
});
