import { expect, test } from 'vitest';
import { describeUser } from './deployment-user.ts';

test('who uses something is named by endpoint and deployment', () => {
  expect(describeUser('/endpoints/iris/deployments/blue')).toEqual({
    href: '/endpoints/iris/deployments/blue',
    label: 'iris / blue',
  });
});
