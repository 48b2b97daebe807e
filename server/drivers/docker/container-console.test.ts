import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '#server/kernel/clock.ts';
import { eventually } from '#server/testing/eventually.ts';
import { createCursorSource } from '../console/console-line.ts';
import { createLogSegments } from '../console/log-segments.ts';
import { createContainerConsole } from './container-console.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'viridian-console-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A frame of the engine's log: standard output, dated as the engine does. */
function frame(time: string, text: string): Buffer {
  const payload = Buffer.from(`${time} ${text}`);
  const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

test('of a long line whose parts have one time, none is lost and none kept twice when the follower is cut off in its middle', async () => {
  const parts = ['a', 'b', 'c', 'd\n'].map((text) => frame('2026-01-01T00:00:00.000000005Z', text));
  const texts: string[] = [];
  const kept = createContainerConsole({
    instanceId: 'iris.blue.a1',
    engine: {
      // The follower gets two parts and hangs; whoever asks after the end gets all.
      logs: async (_id, { follow }, signal) => {
        const stream = new PassThrough();
        for (const part of follow ? parts.slice(0, 2) : parts) stream.write(part);
        if (follow) signal.addEventListener('abort', () => stream.end(), { once: true });
        else stream.end();
        return stream;
      },
    },
    segments: createLogSegments(folder, 'iris.blue.a1'),
    clock: systemClock,
    cursors: createCursorSource(systemClock.now),
    onLine: ({ stream, text }) => stream === 'stdout' && texts.push(text),
    onError: (error) => {
      throw error;
    },
  });
  await kept.open();
  kept.follow('c1');
  await eventually(() => texts.length === 2, 'the first parts');
  await kept.finish('c1');
  expect(texts).toEqual(['a', 'b', 'c', 'd']);
});
