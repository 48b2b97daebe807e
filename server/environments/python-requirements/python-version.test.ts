import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { choosePython, parsePythonVersion, parsePythonWish, type PythonVersion } from './python-version.ts';

const found = (...versions: string[]) => versions.map((text) => ({ version: parsePythonVersion(text)! }));
const choose = (wish: string | null, ...versions: string[]) => {
  const choice = choosePython(parsePythonWish(wish), found(...versions));
  return choice.kind === 'none' ? 'none' : `${choice.kind} ${choice.python.version.join('.')}`;
};

describe('a wish for a Python', () => {
  test.each([
    ['3.11', '3.11.2', true],
    ['3.11.7', '3.11.2', true],
    ['3.11.*', '3.11.2', true],
    ['==3.11', '3.12.0', false],
    ['>=3.9,<3.12', '3.11.9', true],
    ['>=3.9, <3.12', '3.12.0', false],
    ['~=3.9', '3.13.0', true],
    ['~=3.9.1', '3.9.18', true],
    ['~=3.9.1', '3.10.0', false],
    ['!=3.10.*', '3.10.4', false],
    ['<=3.11', '3.11.2', false],
    ['>3.8', '3.9.0', true],
    ['3', '3.12.1', true],
    [null, '3.12.1', true],
  ])('%s and a Python %s: %s', (wish, version, fits) => {
    expect(parsePythonWish(wish).accepts(parsePythonVersion(version)!)).toBe(fits);
  });

  test.each(['three', '3.x', '>=', 'py311', '3.11 or so'])('%s is refused', (wish) => {
    expect(() => parsePythonWish(wish)).toThrow(expect.objectContaining({ code: 'request.invalid' }));
  });

  test.each([
    ['3.11', ['3.11.2', '3.12.1'], 'match 3.11.2'],
    ['3.11.7', ['3.11.2', '3.11.7'], 'match 3.11.7'],
    [null, ['3.14.0', '3.12.1', '3.11.2'], 'match 3.12.1'],
    ['>=3.9', ['3.8.1', '3.13.0', '3.11.2'], 'match 3.13.0'],
    ['3.7', ['3.11.2', '3.9.18'], 'nearest 3.9.18'],
    ['3.10', ['3.9.18', '3.11.2'], 'nearest 3.11.2'],
    ['3.15', ['3.9.18', '3.11.2'], 'nearest 3.11.2'],
    ['<3.9', ['3.11.2'], 'nearest 3.11.2'],
    ['3.11', [], 'none'],
  ])('%s among %j: %s', (wish, versions, choice) => {
    expect(choose(wish, ...versions)).toBe(choice);
  });

  test('is met by what fits whenever anything does, and by something whenever there is anything', () => {
    const version = fc.tuple(fc.constant(3), fc.integer({ min: 6, max: 15 }), fc.nat(20));
    fc.assert(
      fc.property(version, fc.array(version), (wanted, all) => {
        const wish = parsePythonWish(wanted.join('.'));
        const candidates = all.map((version) => ({ version: version as PythonVersion }));
        const choice = choosePython(wish, candidates);
        const kind = candidates.some(({ version }) => wish.accepts(version)) ? 'match' : 'nearest';
        expect(choice.kind).toBe(candidates.length === 0 ? 'none' : kind);
      }),
    );
  });
});
