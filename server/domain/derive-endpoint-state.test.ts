import { expect, test } from 'vitest';
import type { ProvisioningState } from './deployment.ts';
import { deriveEndpointState } from './derive-endpoint-state.ts';

const one = (name: string, readyInstances: number, provisioningState: ProvisioningState = 'Succeeded', count = 1) => ({
  name,
  readyInstances,
  provisioningState,
  spec: { instanceCount: count },
});
const split = (traffic: Record<string, number>) => ({ traffic, desiredState: 'run' as const });

test.each([
  ['empty', split({}), []],
  ['deleting', { traffic: {}, desiredState: 'delete' as const }, [one('blue', 1)]],
  ['no_traffic', split({}), [one('blue', 1)]],
  ['updating', split({}), [one('blue', 0, 'Creating')]],
  ['failed', split({}), [one('blue', 0, 'Failed')]],
  ['healthy', split({ blue: 100 }), [one('blue', 1)]],
  ['healthy', split({ blue: 100 }), [one('blue', 1), one('green', 0, 'Failed')]],
  ['healthy', split({ blue: 100 }), [one('blue', 2, 'Failed', 2)]],
  ['degraded', split({ blue: 100 }), [one('blue', 1, 'Succeeded', 2)]],
  ['degraded', split({ blue: 50, green: 50 }), [one('blue', 1), one('green', 0)]],
  ['updating', split({ blue: 100 }), [one('blue', 0, 'Updating')]],
  ['failed', split({ blue: 100 }), [one('blue', 0)]],
])('an endpoint is %s with %j and %j', (state, endpoint, deployments) => {
  expect(deriveEndpointState(endpoint, deployments).state).toBe(state);
});
