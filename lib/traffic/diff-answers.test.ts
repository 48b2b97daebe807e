import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffAnswers, diffLines, linesOf } from './diff-answers.ts';

const excerpt = (text: string | null, isWhole = true) => ({ text, bytes: text?.length ?? 9, is_whole: isWhole });

describe('two answers beside each other', () => {
  test('hold every line of both, in order, and the same ones side by side', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 20 });
    fc.assert(
      fc.property(lines, lines, (a, b) => {
        const rows = diffLines(a, b);
        expect(rows.flatMap(({ left }) => left ?? [])).toEqual(a);
        expect(rows.flatMap(({ right }) => right ?? [])).toEqual(b);
        for (const { kind, left, right } of rows) if (kind === 'same') expect(left).toBe(right);
      }),
    );
  });

  test('show what differs with three lines around it, and count the rest', () => {
    const numbers = Array.from({ length: 40 }, (_, i) => i);
    const rows = diffAnswers(excerpt(JSON.stringify(numbers)), excerpt(JSON.stringify(numbers.with(20, 99))));
    expect(rows).toHaveLength(9);
    expect(rows[0]).toEqual({ kind: 'skipped', count: 18 });
    expect(rows[4]).toEqual({ kind: 'differs', left: '  20,', right: '  99,' });
    expect(rows[8]).toEqual({ kind: 'skipped', count: 17 });
  });

  test('are shown as they are where they are no JSON, no text or cut off', () => {
    expect(linesOf(excerpt('a\nb'))).toEqual(['a', 'b']);
    expect(linesOf(excerpt(null))).toEqual(['(not text)']);
    expect(linesOf(excerpt('[1,2,', false))).toEqual(['[1,', '2,', '', '…']);
  });

  test('too long to be aligned stand beside each other all the same', () => {
    const many = (word: string) => Array.from({ length: 1_000 }, (_, i) => `${word}${i}`);
    expect(diffLines(many('a'), many('b'))).toHaveLength(1_000);
  });
});
