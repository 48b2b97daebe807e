import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFrameParser, formatEngineTime, parseEngineTime } from './log-frames.ts';

function frame(stream: 1 | 2, payload: string): Buffer {
  const body = Buffer.from(payload);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

test('lines come out whole and in order however their bytes arrive', () => {
  const line = fc.record({ stream: fc.constantFrom(1 as const, 2 as const), text: fc.stringMatching(/^[^\r\n]*$/) });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 40 })), (lines, cuts) => {
      const all = Buffer.concat(
        lines.map(({ stream, text }) => frame(stream, `2026-01-02T03:04:05.000000006Z ${text}\n`)),
      );
      const parser = createFrameParser();
      const parsed = [];
      let at = 0;
      for (const cut of [...cuts, all.length]) {
        parsed.push(...parser.push(all.subarray(at, at + cut)));
        at = Math.min(all.length, at + cut);
      }
      const names = { 1: 'stdout', 2: 'stderr' } as const;
      expect(parsed.map(({ stream, text }) => [stream, text])).toEqual(
        lines.map(({ stream, text }) => [names[stream], Buffer.from(text).toString('utf8')]),
      );
    }),
  );
});

test('a progress bar leaves its last state, and a part of a long line is a line', () => {
  const parser = createFrameParser();
  const parsed = parser.push(
    Buffer.concat([frame(1, '2026-01-02T03:04:05Z  10%\r 20%\r\n'), frame(1, '2026-01-02T03:04:05Z part')]),
  );
  expect(parsed.map(({ text }) => text)).toEqual([' 20%', 'part']);
});

test('instants keep their nanoseconds', () => {
  const ns = parseEngineTime('2026-11-22T22:46:27.12345678Z');
  expect(ns).toBe(1_795_387_587_123_456_780n);
  expect(formatEngineTime(ns ?? 0n)).toBe('1795387587.123456780');
  expect(parseEngineTime('yesterday')).toBeNull();
});
