import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBuildOutput } from './build-output.ts';
import { readDockerfile } from './dockerfile.ts';
import { createPullProgress } from './pull-progress.ts';
import { readJsonLines } from './read-json-lines.ts';

const layer = (id: string, status: string, current?: number, total?: number): Record<string, unknown> => ({
  id,
  status,
  ...(total !== undefined && { progressDetail: { current, total } }),
});
const [A, B, C] = ['a'.repeat(12), 'b'.repeat(12), 'c'.repeat(12)];

test('the events of a pull become one number and a dozen lines', () => {
  const progress = createPullProgress();
  const events = [
    { status: 'Pulling from team/model', id: '1' },
    layer(A, 'Already exists'),
    layer(B, 'Pulling fs layer'),
    layer(C, 'Pulling fs layer'),
    ...Array.from({ length: 500 }, (_, step) => layer(B, 'Downloading', step * 1000, 500_000)),
    layer(B, 'Download complete'),
    ...Array.from({ length: 500 }, (_, step) => layer(C, 'Downloading', step * 1000, 500_000)),
    layer(C, 'Download complete'),
    layer(B, 'Extracting', 250_000, 500_000),
    layer(B, 'Pull complete'),
    layer(C, 'Pull complete'),
    { status: 'Digest: sha256:abc' },
  ];
  const seen = events.map((event) => progress.add(event));
  const lines = seen.flatMap((step) => step.lines);
  expect(seen.at(-1)?.progress).toBe(1);
  expect(lines.length).toBeLessThan(16);
  expect(lines).toContain(`Layer ${A} is already here.`);
  expect(lines).toContain('100 %: 1.0 MB of 1.0 MB fetched, 3 of 3 layers ready');
});

test('each layer says how far it is, and one that was here before is told apart', () => {
  const progress = createPullProgress();
  progress.add(layer(A, 'Already exists'));
  progress.add(layer(B, 'Downloading', 100, 400));
  const first = progress.add(layer(C, 'Pulling fs layer')).layers;
  expect(first).toEqual([
    { kind: 'layer', name: A, state: 'cached', bytes: 0, totalBytes: null },
    { kind: 'layer', name: B, state: 'fetching', bytes: 100, totalBytes: 400 },
    { kind: 'layer', name: C, state: 'waiting', bytes: 0, totalBytes: null },
  ]);
  progress.add(layer(B, 'Extracting', 10, 400));
  const later = progress.add(layer(C, 'Pull complete')).layers;
  expect(later.map(({ state, bytes }) => [state, bytes])).toEqual([
    ['cached', 0],
    ['unpacking', 400],
    ['done', 0],
  ]);
});

test('the steps of a build are told with those from the cache, and layers only while their image is pulled', () => {
  const output = createBuildOutput();
  output.add({ stream: 'Step 1/3 : FROM debian\n' });
  const pulling = output.add(layer(A, 'Downloading', 1, 2)).parts;
  expect(pulling.map(({ kind, name, state }) => [kind, name, state])).toEqual([
    ['step', 'FROM debian', 'running'],
    ['layer', A, 'fetching'],
  ]);
  output.add({ stream: 'Step 2/3 : RUN make\n ---> Using cache\n' });
  const { parts } = output.add({ stream: 'Step 3/3 : CMD ["a"]\n' });
  expect(parts.map(({ name, state }) => [name, state])).toEqual([
    ['FROM debian', 'done'],
    ['RUN make', 'cached'],
    ['CMD ["a"]', 'running'],
  ]);
});

test('progress never goes back and never leaves 0 to 1, whatever an engine says', () => {
  const event = fc.record({
    id: fc.constantFrom(A, B, C),
    status: fc.constantFrom(
      'Downloading',
      'Extracting',
      'Download complete',
      'Pull complete',
      'Waiting',
      'Already exists',
    ),
    progressDetail: fc.record({ current: fc.nat(1000), total: fc.nat(1000) }, { requiredKeys: [] }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const progress = createPullProgress();
      const seen = events.map((one) => progress.add(one).progress);
      expect(seen.every((value, at) => value >= (seen[at - 1] ?? 0) && value <= 1)).toBe(true);
    }),
  );
});

test('what a build writes in pieces is told in lines, with its steps, and without what only engines read', () => {
  const output = createBuildOutput();
  const pieces = [
    'Step 1/3 : FROM debian',
    '\n ---> 0123456789ab\nStep 2/3 : RUN make\n',
    ' ---> Using cache\n ---> 111111111111\nStep 3/3 : RUN te',
    'st\n ---> Running in 222222222222\n',
    '\u001b[91mwarning: x\n\u001b[0m',
    'half a li',
  ];
  const seen = pieces.map((stream) => output.add({ stream }));
  expect(seen.flatMap(({ lines }) => lines)).toEqual([
    'Step 1/3: FROM debian',
    'Step 2/3: RUN make',
    '  from the cache',
    'Step 3/3: RUN test',
    'warning: x',
  ]);
  expect(seen.at(-1)).toMatchObject({ step: { number: 3, of: 3, cached: false }, progress: 2 / 3 });
  expect(output.end()).toEqual(['half a li']);
  expect(output.leftovers()).toEqual(['111111111111']);
});

test('of a Dockerfile the images that it pulls and the arguments that it declares are known', () => {
  const { bases, args } = readDockerfile(
    [
      '# FROM commented',
      'ARG BASE=debian',
      'FROM --platform=linux/amd64 ghcr.io/o/r:1 AS build',
      'arg PIP_INDEX_URL',
      'FROM build AS next',
      'FROM $BASE',
      'FROM scratch',
      'FROM debian:12',
    ].join('\n'),
  );
  expect(bases.map(({ registry, repository }) => `${registry}/${repository}`)).toEqual([
    'ghcr.io/o/r',
    'docker.io/library/debian',
  ]);
  expect([...args]).toEqual(['BASE', 'PIP_INDEX_URL']);
});

test('objects are read however the stream is cut', async () => {
  const objects = [{ a: 'é\n€' }, { b: 1 }, { c: null }];
  const bytes = Buffer.from(`${objects.map((one) => JSON.stringify(one)).join('\r\n')}\n{"cut":`);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 9 }), async (size) => {
      async function* pieces(): AsyncGenerator<Buffer> {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      }
      const read: unknown[] = [];
      for await (const object of readJsonLines(pieces())) read.push(object);
      expect(read).toEqual(objects);
    }),
  );
});
