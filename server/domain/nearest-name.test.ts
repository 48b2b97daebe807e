import { expect, test } from 'vitest';
import { nearestName } from './nearest-name.ts';

const FIELDS = ['instance_type', 'instance_count', 'environment_variables', 'model', 'tags'];

test.each([
  ['instance_typ', 'instance_type'],
  ['instanceType', 'instance_type'],
  ['instance_cuont', 'instance_count'],
  ['enviroment_variables', 'environment_variables'],
  ['Model', 'model'],
  ['tag', 'tags'],
  ['zzzzzzzz', null],
])('%s is near %s', (name, nearest) => {
  expect(nearestName(name, FIELDS)).toBe(nearest);
});
