import { expect, test } from 'vitest';
import { fillRange } from './fill-range.ts';

const NOW = Date.parse('2026-01-02T03:00:00Z');
const HOUR_MS = 3_600_000;

test.each([
  [{}, '2026-01-02T02:00:00.000Z', '2026-01-02T03:00:00.000Z'],
  [{ from: '2026-01-01T00:00:00Z' }, '2026-01-01T00:00:00Z', '2026-01-02T03:00:00.000Z'],
  [{ to: '2026-01-01T00:00:00Z' }, '2025-12-31T23:00:00.000Z', '2026-01-01T00:00:00Z'],
  [{ from: 'a', to: '2026-01-01T00:00:00Z' }, 'a', '2026-01-01T00:00:00Z'],
])('%j is the range from %s to %s', (query, from, to) => {
  expect(fillRange(query, NOW, HOUR_MS)).toEqual({ from, to });
});
