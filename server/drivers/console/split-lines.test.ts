import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_LINE_BYTES, splitLines } from './split-lines.ts';

const texts = (input: string | Buffer, final = false): string[] =>
  splitLines(Buffer.from(input), final).lines.map(({ text }) => text);

describe('lines', () => {
  test('an unfinished line waits, and is taken when no more will come', () => {
    expect(texts('one\ntwo')).toEqual(['one']);
    expect(splitLines(Buffer.from('one\ntwo'), false).rest).toBe(3);
    expect(texts('one\ntwo', true)).toEqual(['one', 'two']);
  });

  test('an empty line is a line', () => {
    expect(texts('\n\n')).toEqual(['', '']);
  });

  test('a carriage return before the line feed belongs to the end', () => {
    expect(texts('one\r\ntwo\r\n')).toEqual(['one', 'two']);
  });

  test('a progress bar leaves its last state', () => {
    expect(texts(' 10%\r 50%\r100%\n')).toEqual(['100%']);
  });

  test('a line over the cap is cut into lines that together hold all of it', () => {
    const long = 'x'.repeat(MAX_LINE_BYTES * 2 + 10);
    const lines = texts(`${long}\n`);
    expect(lines.map((line) => line.length)).toEqual([MAX_LINE_BYTES, MAX_LINE_BYTES, 10]);
  });

  test('a cut falls between characters', () => {
    const long = 'é'.repeat(MAX_LINE_BYTES);
    expect(texts(`a${long}\n`).join('')).toBe(`a${long}`);
  });

  test('however output arrives, the lines are the same', () => {
    const pieces = fc.array(fc.stringMatching(/^[a-zé ]{0,20}$/), { maxLength: 20 });
    fc.assert(
      fc.property(pieces, fc.nat({ max: 500 }), (lines, cutAt) => {
        const whole = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const cut = Math.min(cutAt, whole.length);
        const first = splitLines(whole.subarray(0, cut), false);
        const taken = first.lines.at(-1)?.end ?? 0;
        const second = splitLines(whole.subarray(taken), true);
        expect([...first.lines, ...second.lines].map(({ text }) => text)).toEqual(lines);
      }),
    );
  });
});
