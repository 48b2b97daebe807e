import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  parseAsBoolean,
  parseAsInteger,
  parseAsNames,
  parseAsString,
  parseAsStringLiteral,
  patchSearch,
  readableSearch,
  readParameter,
} from './query-parameters.ts';

const PARAMETERS = {
  q: parseAsString.withDefault(''),
  dep: parseAsNames.withDefault([]),
  live: parseAsBoolean.withDefault(true),
  at: parseAsInteger,
  by: parseAsStringLiteral(['day', 'hour']).withDefault('day'),
};

function read(search: string) {
  const given = new URLSearchParams(search);
  return {
    q: readParameter(given, 'q', PARAMETERS.q),
    dep: readParameter(given, 'dep', PARAMETERS.dep),
    live: readParameter(given, 'live', PARAMETERS.live),
    at: readParameter(given, 'at', PARAMETERS.at),
    by: readParameter(given, 'by', PARAMETERS.by),
  };
}

test('an address without parameters has the defaults', () => {
  expect(read('')).toEqual({ q: '', dep: [], live: true, at: null, by: 'day' });
});

test('what is no such value counts as not named', () => {
  expect(read('live=perhaps&at=1.5&by=week')).toMatchObject({ live: true, at: null, by: 'day' });
});

test('what was written is read back, whatever it holds', () => {
  const state = fc.record({
    q: fc.string({ unit: 'grapheme' }),
    dep: fc.array(fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/u), { minLength: 1 }),
    live: fc.boolean(),
    at: fc.integer(),
    by: fc.constantFrom('day', 'hour'),
  });
  fc.assert(
    fc.property(state, (given) => {
      expect(read(readableSearch(patchSearch('', PARAMETERS, given)))).toEqual(given);
    }),
  );
});

test('defaults and nulls are left out of the address', () => {
  expect(patchSearch('q=x&at=4&by=hour', PARAMETERS, { q: '', at: null, by: 'day', live: true, dep: [] })).toBe('');
});

test('parameters of others stay as they are', () => {
  expect(patchSearch('split=blue%3A90&q=x', PARAMETERS, { q: 'y' })).toBe('split=blue%3A90&q=y');
});

test('an address is written without needless escapes', () => {
  const search = patchSearch('', PARAMETERS, { q: 'blue:90,green:10' });
  expect(readableSearch(search)).toBe('q=blue:90,green:10');
});
