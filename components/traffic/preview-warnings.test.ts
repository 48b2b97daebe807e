import { expect, test } from 'vitest';
import { previewWarnings } from './preview-warnings.ts';
import type { PreviewFacts } from './split-preview.tsx';

const deployments = [
  { name: 'blue', slot: 1, ready: true, reason: '' },
  { name: 'green', slot: 2, ready: true, reason: '' },
];
const shares = (blue: number, green: number) => [
  { name: 'blue', percent: blue },
  { name: 'green', percent: green },
];
const facts: PreviewFacts = {
  ratePerSecond: 10,
  readyInstances: new Map([
    ['blue', 2],
    ['green', 2],
  ]),
  errorRatio: new Map([
    ['blue', 0.001],
    ['green', 0.001],
  ]),
  requests: new Map([
    ['blue', 900],
    ['green', 100],
  ]),
  runRate: '$1/h',
};
const warn = (to: [number, number], over: Partial<PreviewFacts> = {}) =>
  previewWarnings(deployments, shares(90, 10), shares(...to), { ...facts, ...over });

test('a small step to a deployment that does well says nothing', () => expect(warn([85, 15])).toEqual([]));
test('pausing says what callers will get', () => expect(warn([0, 0])[0]).toContain('404'));
test('a higher error ratio is named with both figures', () =>
  expect(warn([85, 15], { errorRatio: new Map([['green', 0.05]]) })[0]).toContain(
    '5.00 % of its requests against 0.00 %',
  ));
test('an error ratio of a handful of requests is no evidence', () =>
  expect(warn([85, 15], { errorRatio: new Map([['green', 1]]), requests: new Map([['green', 3]]) })).toEqual([]));
test('a deployment that answered nothing is to be tested first', () =>
  expect(warn([85, 15], { requests: new Map() })[0]).toContain('Test it first'));
test('a big jump and a single instance are named', () => {
  const warnings = warn([20, 80], { readyInstances: new Map([['green', 1]]) });
  expect(warnings.join(' ')).toMatch(/70 points.*one instance/);
});
