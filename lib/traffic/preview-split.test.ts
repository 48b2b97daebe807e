import { describe, expect, test } from 'vitest';
import { largestMove, type PreviewDeployment, type PreviewFacts, previewSplit } from './preview-split.ts';

const shares = (blue: number, green: number) => [
  { name: 'blue', percent: blue },
  { name: 'green', percent: green },
];
const deployment = (name: string, over: Partial<PreviewDeployment> = {}): PreviewDeployment => ({
  name,
  ready: true,
  reason: '',
  readyInstances: 2,
  requests: 10_000,
  errorRatio: 0.004,
  cpuPercent: 20,
  ...over,
});
const facts = (green: Partial<PreviewDeployment> = {}, over: Partial<PreviewFacts> = {}): PreviewFacts => ({
  ratePerSecond: 40,
  baseline: 'blue',
  deployments: [deployment('blue'), deployment('green', green)],
  ...over,
});
const kinds = (draft: [number, number], green: Partial<PreviewDeployment> = {}) =>
  previewSplit(facts(green), shares(90, 10), shares(...draft)).warnings.map(({ kind }) => kind);

test('rates follow the shares and CPU follows the rates', () => {
  const { rows } = previewSplit(facts(), shares(90, 10), shares(75, 25));
  expect(rows).toEqual([
    { name: 'blue', rateNow: 36, rateThen: 30, cpuNow: 20, cpuThen: 20 * (30 / 36), readyInstances: 2 },
    { name: 'green', rateNow: 4, rateThen: 10, cpuNow: 20, cpuThen: 50, readyInstances: 2 },
  ]);
});

test('expected errors are those of each deployment at its new rate', () => {
  const { errorsPerMinute } = previewSplit(facts({ errorRatio: 0.01 }), shares(90, 10), shares(50, 50));
  expect(errorsPerMinute?.before).toBeCloseTo(36 * 60 * 0.004 + 4 * 60 * 0.01);
  expect(errorsPerMinute?.after).toBeCloseTo(20 * 60 * 0.004 + 20 * 60 * 0.01);
});

test('nothing is promised about what was not measured', () => {
  const { rows, errorsPerMinute } = previewSplit(
    facts({ requests: 12 }, { ratePerSecond: null }),
    shares(90, 10),
    shares(80, 20),
  );
  expect(rows[1]).toMatchObject({ rateNow: null, rateThen: null, cpuThen: null });
  expect(errorsPerMinute).toBeNull();
});

describe('warnings', () => {
  test('a small step to one that does well gives none', () => expect(kinds([85, 15])).toEqual([]));
  test('a pause is the only thing to say', () => expect(kinds([0, 0], { ready: false })).toEqual(['paused']));
  test('one that is not ready is refused first', () =>
    expect(kinds([85, 15], { ready: false, readyInstances: 0 })).toEqual(['not_ready']));
  test('more than measured capacity says how many instances would do', () => {
    const { warnings } = previewSplit(facts({ cpuPercent: 50 }), shares(90, 10), shares(80, 20));
    expect(warnings[0]).toEqual({ kind: 'over_capacity', name: 'green', cpuThen: 100, instances: 2, enough: 3 });
  });
  test('more errors count only when chance does not explain them', () => {
    expect(kinds([85, 15], { errorRatio: 0.02 })).toEqual(['more_errors']);
    expect(kinds([85, 15], { errorRatio: 0.02, requests: 60 })).toEqual([]);
    expect(kinds([85, 15], { errorRatio: 1, requests: 3 })).toEqual([]);
  });
  test('one that never served is to be tested', () => {
    const { warnings } = previewSplit(facts({ requests: 0, errorRatio: null }), shares(100, 0), shares(95, 5));
    expect(warnings.map(({ kind }) => kind)).toEqual(['never_served']);
  });
  test('big jumps and single instances come last', () =>
    expect(kinds([40, 60], { readyInstances: 1 })).toEqual(['over_capacity', 'big_jump', 'single_instance']));
});

test('the largest move is that of any deployment, either way', () => {
  expect(largestMove(shares(90, 10), shares(30, 70))).toBe(60);
  expect(largestMove(shares(90, 10), shares(90, 10))).toBe(0);
});
