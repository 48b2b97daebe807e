import { expect, test } from 'vitest';
import { keysOfChange } from './apply-change.ts';
import { keys } from './keys.ts';

test('a change of a deployment reaches the list and everything of its endpoint', () => {
  expect(keysOfChange({ resource: '/endpoints/iris/deployments/blue' })).toContainEqual(keys.endpoints.one('iris'));
  expect(keysOfChange({ resource: '/endpoints/iris/deployments/blue' })).toContainEqual(keys.endpoints.list());
  expect(keys.deployments.instances('iris', 'blue').slice(0, 3)).toEqual(keys.endpoints.one('iris'));
});

test('a price change reaches run rates and costs', () => {
  expect(keysOfChange({ resource: '/instance-types/cpu-1' })).toEqual([
    keys.instanceTypes.all(),
    keys.endpoints.all(),
    keys.costs.all(),
  ]);
});

test('a resource that no screen reads changes nothing', () => {
  expect(keysOfChange({ resource: '/secrets/x' })).toEqual([]);
});
