import { expect, test } from 'vitest';
import type { EnvironmentDeployment } from '#lib/contracts/environment.ts';
import { wordsOfBehind } from './environment-words.ts';

const behind = (build_number: number | null): EnvironmentDeployment => ({
  deployment: '/endpoints/iris/deployments/blue',
  build_number,
  state: 'behind',
  runtime: 'docker',
  image_id: null,
  operation_id: null,
});

test.each([
  [[3, 3], '2 deployments run build 3; the newest is 5.'],
  [[4, 3, 3], '2 deployments run build 3, 1 runs build 4; the newest is 5.'],
  [[1], '1 deployment runs build 1; the newest is 5.'],
  [[null], 'Deployments wait for an older build; the newest is 5.'],
])('deployments of builds %j are counted by the build that they run', (builds, words) => {
  expect(wordsOfBehind(builds.map(behind), 5)).toBe(words);
});
