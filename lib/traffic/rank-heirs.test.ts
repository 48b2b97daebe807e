import { expect, test } from 'vitest';
import { rankHeirs } from './rank-heirs.ts';

const NOW = Date.parse('2026-03-12T12:00:00Z');
const entry = (hour: number, traffic: Record<string, number>) => ({
  traffic,
  applied_at: new Date(Date.UTC(2026, 2, 12, hour)).toISOString(),
});

test('the baseline had the largest share for the longest time, whatever has it now', () => {
  const history = [entry(11, { blue: 0, green: 100 }), entry(2, { blue: 90, green: 10 })];
  expect(rankHeirs(history, ['green', 'blue'], NOW)[0]).toBe('blue');
});

test('after it come those that served last', () => {
  const history = [
    entry(10, { blue: 100, green: 0, amber: 0 }),
    entry(9, { blue: 50, green: 0, amber: 50 }),
    entry(1, { blue: 80, green: 20, amber: 0 }),
  ];
  expect(rankHeirs(history, ['blue', 'green', 'amber', 'magenta'], NOW)).toEqual(['blue', 'amber', 'green', 'magenta']);
});

test('without a history rows keep their order', () => {
  expect(rankHeirs([], ['blue', 'green'], NOW)).toEqual(['blue', 'green']);
  expect(rankHeirs([], [], NOW)).toEqual([]);
});
