import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkSplit } from './check-split.ts';
import type { Split } from './endpoint.ts';

const NOTHING: Split = { traffic: {}, mirrorTraffic: {} };
const blue = { name: 'blue', desiredState: 'run', readyInstances: 1 } as const;
const green = { ...blue, name: 'green' };
const starting = { ...blue, name: 'starting', readyInstances: 0 };
const leaving = { ...blue, name: 'leaving', desiredState: 'delete' } as const;
const all = [blue, green, starting, leaving];
const check = (traffic: Split['traffic'], mirrorTraffic: Split['traffic'] = {}, current: Split = NOTHING) =>
  checkSplit({ traffic, mirrorTraffic }, current, all);

test.each([
  [{ blue: 100 }, {}],
  [{ blue: 90, green: 10 }, {}],
  [{}, {}],
  [{ blue: 0, nobody: 0, starting: 0 }, { nobody: 0 }],
  [{ blue: 100 }, { green: 50 }],
  [{ blue: 100, green: 0 }, { green: 100 }],
])('%j mirrored to %j is applied', (traffic, mirror) => {
  expect(check(traffic, mirror)).toBeNull();
});

test.each([
  [{ blue: 90 }, {}, 'traffic.invalid_sum', '/traffic'],
  [{ blue: 90, green: 20 }, {}, 'traffic.invalid_sum', '/traffic'],
  [{ nobody: 100 }, {}, 'traffic.unknown_deployment', '/traffic/nobody'],
  [{ leaving: 100 }, {}, 'traffic.unknown_deployment', '/traffic/leaving'],
  [{ starting: 100 }, {}, 'traffic.deployment_not_ready', '/traffic/starting'],
  [{ blue: 100 }, { nobody: 10 }, 'traffic.unknown_deployment', '/mirror_traffic/nobody'],
  [{ blue: 100 }, { starting: 10 }, 'traffic.deployment_not_ready', '/mirror_traffic/starting'],
  [{ blue: 100 }, { blue: 10 }, 'traffic.mirror_takes_live', '/mirror_traffic/blue'],
])('%j mirrored to %j is refused as %s', (traffic, mirror, code, path) => {
  expect(check(traffic, mirror)).toMatchObject({ code, path });
});

test('a wrong sum is named', () => {
  expect(check({ blue: 60, green: 30 })?.detail).toContain('sum to 90');
});

test('traffic can be taken away from a deployment that has no ready instance, and not given', () => {
  const current = { traffic: { starting: 60, blue: 40 }, mirrorTraffic: {} };
  expect(check({ starting: 20, blue: 80 }, {}, current)).toBeNull();
  expect(check({ starting: 80, blue: 20 }, {}, current)?.code).toBe('traffic.deployment_not_ready');
});

test('of two ready deployments every split that sums to 100 is applied, and no other but nothing', () => {
  const percent = fc.integer({ min: 0, max: 100 });
  fc.assert(
    fc.property(percent, percent, (a, b) => {
      expect(check({ blue: a, green: b }) === null).toBe(a + b === 100 || a + b === 0);
    }),
  );
});
