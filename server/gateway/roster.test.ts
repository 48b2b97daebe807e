import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Place, Roster } from './roster.ts';

function entriesOf(roster: Roster<number>): number[] {
  const entries: number[] = [];
  roster.forEach((entry) => entries.push(entry));
  return entries.toSorted((a, b) => a - b);
}

test('holds what came and has not left, in whatever order that happens', () => {
  const step = fc.record({ leaves: fc.boolean(), which: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const roster = new Roster<number>();
      const here: Place<number>[] = [];
      for (const [entry, { leaves, which }] of steps.entries()) {
        if (!leaves) here.push(roster.add(entry));
        const [left] = leaves && here.length > 0 ? here.splice(which % here.length, 1) : [];
        if (left !== undefined) roster.remove(left);
      }
      expect(roster.size).toBe(here.length);
      expect(entriesOf(roster)).toEqual(here.map(({ entry }) => entry).toSorted((a, b) => a - b));
    }),
  );
});

test('a place is left once: leaving again takes nobody else out', () => {
  const roster = new Roster<number>();
  const [first] = [1, 2, 3].map((entry) => roster.add(entry));
  roster.remove(first as Place<number>);
  roster.remove(first as Place<number>);
  expect(entriesOf(roster)).toEqual([2, 3]);
});

test('everybody who stays is visited, whoever leaves or comes during the visits', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 19 }), { minLength: 20, maxLength: 20 }), (leavers) => {
      const roster = new Roster<number>();
      const places = leavers.map((_, entry) => roster.add(entry));
      const visited = new Set<number>();
      roster.forEach((entry) => {
        visited.add(entry);
        const leaver = leavers[entry];
        if (leaver !== undefined) roster.remove(places[leaver] as Place<number>);
        if (entry < 20) roster.add(100 + entry);
      });
      const stayed = entriesOf(roster).filter((entry) => entry < 100);
      expect(stayed.filter((entry) => !visited.has(entry))).toEqual([]);
    }),
  );
});
