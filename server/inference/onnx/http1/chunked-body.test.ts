import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChunkedBody, type ChunkedProgress } from './chunked-body.ts';

const MAX = 1000;

function feed(bytes: Buffer, cuts: readonly number[], maxBytes = MAX): ChunkedProgress {
  const decoder = new ChunkedBody(maxBytes);
  const borders = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  let progress: ChunkedProgress = { state: 'more' };
  for (let index = 1; index < borders.length && progress.state === 'more'; index += 1) {
    progress = decoder.push(bytes.subarray(borders[index - 1], borders[index]));
  }
  return progress;
}

test('the body is the same however its bytes arrive', () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 8 });
  fc.assert(
    fc.property(chunks, fc.array(fc.nat(2000), { maxLength: 12 }), (parts, cuts) => {
      const framed = parts.flatMap((part) => [
        Buffer.from(`${part.length.toString(16)};ext=1\r\n`),
        part,
        Buffer.from('\r\n'),
      ]);
      const progress = feed(Buffer.concat([...framed, Buffer.from('0\r\nTrailer: x\r\n\r\n')]), cuts);
      expect(progress).toMatchObject({ state: 'done', body: Buffer.concat(parts) });
    }),
  );
});

test('what follows the body is handed back', () => {
  const progress = feed(Buffer.from('1\r\na\r\n0\r\n\r\nGET /'), []);
  expect(progress).toMatchObject({ state: 'done', rest: Buffer.from('GET /') });
});

test.each([
  ['zz\r\n', 400],
  ['-1\r\n', 400],
  ['1\r\nab\r\n', 400],
  ['0x1\r\na\r\n', 400],
  ['3e9\r\n', 413],
  ['ffffffffff\r\n', 400],
  [`1;${'x'.repeat(300)}\r\n`, 400],
  [`0\r\n${'a: b\r\n'.repeat(5000)}\r\n`, 400],
])('%j is refused', (text, status) => {
  expect(feed(Buffer.from(text), [])).toMatchObject({ state: 'fault', fault: { status } });
});
