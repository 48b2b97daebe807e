import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { formatSort, keepOrder, matchesFilter, movedRows, parseSort, sortedNames } from './filter-endpoints.ts';

function endpoint(name: string, extra: Partial<Endpoint> = {}): Endpoint {
  const base = { name, description: '', tags: {}, state: 'healthy', deployments: [], run_rate_micros_per_hour: 0 };
  return { ...base, updated_at: '2026-03-12T12:00:00Z', ...extra } as Endpoint;
}

describe('the filter', () => {
  const fraud = endpoint('fraud-score', { tags: { team: 'payments' }, state: 'no_traffic' });
  test.each([
    ['', true],
    ['FRAUD', true],
    ['state:no-traffic', true],
    ['state:failed', false],
    ['tag:team=pay', true],
    ['payments', true],
    ['fraud state:failed', false],
  ])('%j matches: %s', (filter, matches) => expect(matchesFilter(fraud, filter)).toBe(matches));
});

describe('the order', () => {
  test('puts what is wrong first, then goes by name', () => {
    const all = [endpoint('b'), endpoint('a'), endpoint('z', { state: 'failed' })];
    expect(sortedNames(all, new Map(), { column: 'state', descending: false })).toEqual(['z', 'a', 'b']);
  });

  test('stays while figures change, and tells how many rows would move', () => {
    expect(keepOrder(['a', 'b', 'c'], ['c', 'b', 'a'])).toEqual(['a', 'b', 'c']);
    expect(movedRows(['a', 'b', 'c'], ['c', 'b', 'a'])).toBe(2);
  });

  test('takes new rows in beside their neighbours and drops those that are gone', () => {
    expect(keepOrder(['c', 'a'], ['x', 'a', 'b', 'c'])).toEqual(['x', 'c', 'a', 'b']);
    expect(keepOrder(['gone', 'a'], ['a'])).toEqual(['a']);
  });

  test('always holds exactly the rows there are', () => {
    const names = fc.uniqueArray(fc.constantFrom(...'abcdefgh'));
    fc.assert(
      fc.property(names, names, (previous, fresh) => {
        expect(keepOrder(previous, fresh).toSorted()).toEqual(fresh.toSorted());
      }),
    );
  });

  test('survives the address', () => {
    expect(parseSort('-requests')).toEqual({ column: 'requests', descending: true });
    expect(parseSort('nonsense')).toBeNull();
    expect(formatSort({ column: 'cost', descending: true })).toBe('-cost');
  });
});
