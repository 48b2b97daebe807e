import { expect, test } from 'vitest';
import { systemClock } from '#server/kernel/clock.ts';
import { describeRuntimeDriver, type Program } from '../runtime-driver.contract.ts';
import { createFakeDriver } from './fake-driver.ts';
import { createFakeWorld } from './fake-world.ts';

const COMMANDS: Record<Program, readonly string[]> = {
  healthy: ['fake'],
  never_ready: ['fake', 'never-ready'],
  exits_with_3: ['fake', 'exits', '3'],
  missing: ['fake', 'missing'],
  ignores_the_polite_signal: ['fake'],
  prints: ['fake', 'one', 'two', '!three'],
};

describeRuntimeDriver('The fake driver', async () => {
  const world = createFakeWorld(systemClock);
  return {
    open: async () => {
      const driver = createFakeDriver(world);
      await driver.start();
      return driver;
    },
    command: (program) => COMMANDS[program],
    close: () => world.close(),
  };
});

test('an injected fault is thrown before anything happens', async () => {
  const world = createFakeWorld(systemClock);
  const driver = createFakeDriver(world, (call) => (call === 'observe' ? new Error('the daemon is down') : null));
  await expect(driver.observe()).rejects.toThrow('the daemon is down');
  expect(world.instances.size).toBe(0);
});
