import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareAnswers, type EndedAnswer } from './compare-answers.ts';

function written(text: string, more: Partial<EndedAnswer> = {}): EndedAnswer {
  return { status: 200, body: Buffer.from(text), obstacle: null, ...more };
}

const answer = (body: unknown, more?: Partial<EndedAnswer>) => written(JSON.stringify(body), more);
const compare = (live: unknown, mirror: unknown, tolerance = 0.01) =>
  compareAnswers(answer(live), answer(mirror), tolerance);
const compareText = (live: string, mirror: string) => compareAnswers(written(live), written(mirror), 0.01);

const anyJson = fc.jsonValue({ maxDepth: 4 });

describe('two answers', () => {
  it('agree with themselves, written with other blanks and keys in another order', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const spread = JSON.stringify(turnKeys(value), null, 2);
        expect(compareAnswers(answer(value), written(spread), 0).outcome).toBe('agreed');
      }),
    );
  });

  it('get the same outcome, place and difference whichever is the live one', () => {
    fc.assert(
      fc.property(anyJson, anyJson, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, tolerance) => {
        const [there, back] = [compare(a, b, tolerance), compare(b, a, tolerance)];
        expect(there.outcome).toBe(back.outcome);
        if (there.outcome !== 'structure') expect(there.maxDifference).toEqual(back.maxDifference);
      }),
    );
  });

  it('never disagree more with a larger tolerance', () => {
    const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const length = Math.min(a.length, b.length);
        const [left, right] = [a.slice(0, length), b.slice(0, length)];
        const { maxDifference } = compare(left, right, 0);
        const wide = compare(left, right, maxDifference ?? 0);
        expect(wide.outcome).toBe('agreed');
        expect(maxDifference ?? 0).toBeLessThanOrEqual(2);
      }),
    );
  });

  it('whose numbers are within the tolerance agree, and the largest difference is told', () => {
    expect(compare({ p: [0.5, 100] }, { p: [0.501, 100] })).toMatchObject({ outcome: 'agreed' });
    const verdict = compare({ p: [0.5, 100, 7] }, { p: [0.5, 90, 7] });
    expect(verdict).toEqual({ outcome: 'number', path: '/p/1', maxDifference: expect.closeTo(0.1) });
    expect(compare([1e-15], [-1e-15], 0)).toMatchObject({ outcome: 'agreed', maxDifference: 0 });
    expect(compareText('[1e999]', '[-1e999]')).toMatchObject({ outcome: 'number', maxDifference: 2 });
    expect(compareText('[1e999]', '[1]')).toMatchObject({ outcome: 'number', maxDifference: 1 });
  });

  it('with another label disagree on it before they disagree on numbers', () => {
    const verdict = compare({ p: 0.9, 'a/b~c': ['cat'] }, { p: 0.1, 'a/b~c': ['dog'] });
    expect(verdict).toMatchObject({ outcome: 'label', path: '/a~1b~0c/0' });
    expect(compare([true], [false])).toMatchObject({ outcome: 'label', path: '/0' });
  });

  it.each([
    [{ a: 1 }, { b: 1 }, ''],
    [{ a: 1 }, { a: 1, b: 1 }, ''],
    [{ p: [1, 2] }, { p: [1, 2, 3] }, '/p'],
    [{ p: null }, { p: 0 }, '/p'],
    [{ p: null }, { p: {} }, '/p'],
    [{ p: [] }, { p: {} }, '/p'],
    [['1'], [1], '/0'],
  ])('%j and %j differ in structure', (live, mirror, path) => {
    expect(compare(live, mirror)).toMatchObject({ outcome: 'structure', path });
  });

  it('one of which alone is JSON, or has a key that objects inherit, differ in structure', () => {
    expect(compareText('{"a":1}', 'not json')).toMatchObject({ outcome: 'structure', path: '' });
    expect(compareText('{"__proto__":1}', '{"a":1}')).toMatchObject({ outcome: 'structure', path: '' });
  });

  it('nested deeper than the stack are compared all the same', () => {
    const deep = (core: string): string => '['.repeat(30_000) + core + ']'.repeat(30_000);
    const verdict = compareText(deep('1'), deep('2'));
    expect([verdict.outcome, verdict.path.length]).toEqual(['number', 60_000]);
  });

  it('with different statuses disagree on that, whatever their bodies', () => {
    const failed = written('boom', { status: 500, obstacle: 'too_large' });
    expect(compareAnswers(answer({}), failed, 0).outcome).toBe('status');
  });

  it.each(['stream', 'encoded', 'too_large', 'no_answer'] as const)(
    'one of which is "%s" are not compared',
    (obstacle) => {
      expect(compareAnswers(answer({}), answer({}, { obstacle }), 0).outcome).toBe(obstacle);
      expect(compareAnswers(answer({}, { obstacle }), answer({}), 0).outcome).toBe(obstacle);
    },
  );

  it('that are no JSON agree where they are equal to the octet, and are not compared where they are not', () => {
    expect(compareText('plain', 'plain').outcome).toBe('agreed');
    expect(compareText('plain', 'text').outcome).toBe('not_json');
  });
});

/** The same document with the keys of its objects in the opposite order. */
function turnKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turnKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, turnKeys(member)]),
  );
}
