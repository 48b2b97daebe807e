import { isAfter } from './console/console-line.ts';
import type { ConsoleLine, RuntimeDriver } from './runtime-driver.ts';

/**
 * One driver of two: programs go to the first, external servers to the second. A deployment may have been of the other kind before, so what asks about
 * the past asks both.
 */
export function joinDrivers(programs: RuntimeDriver, externals: RuntimeDriver): RuntimeDriver {
  const both = [programs, externals] as const;
  return {
    name: programs.name,
    get memoryLimitBy() {
      return programs.memoryLimitBy;
    },
    async start() {
      for (const driver of both) await driver.start();
    },
    async stop() {
      for (const driver of both) await driver.stop();
    },
    async suspend() {
      for (const driver of both) await driver.suspend();
    },
    ensure: (spec) => (spec.external === undefined ? programs : externals).ensure(spec),
    remove: async (instanceId) => void (await Promise.all(both.map((driver) => driver.remove(instanceId)))),
    observe: async () => (await Promise.all(both.map((driver) => driver.observe()))).flat(),
    check(instanceId) {
      for (const driver of both) driver.check(instanceId);
    },
    sample: async () => (await Promise.all(both.map((driver) => driver.sample()))).flat(),
    async readLogs(endpoint, deployment, instanceId, options) {
      const read = both.map((driver) => driver.readLogs(endpoint, deployment, instanceId, options));
      const lines = (await Promise.all(read)).flat().toSorted(byCursor);
      return options.tail === 0 ? [] : lines.slice(-options.tail);
    },
    async followLogs(...request) {
      await Promise.all(both.map((driver) => driver.followLogs(...request)));
    },
    listKept: async () => (await Promise.all(both.map((driver) => driver.listKept()))).flat(),
    async forgetDeployment(endpoint, deployment) {
      for (const driver of both) await driver.forgetDeployment(endpoint, deployment);
    },
    onHint(listener) {
      const ends = both.map((driver) => driver.onHint(listener));
      return () => ends.forEach((end) => end());
    },
  };
}

const byCursor = (a: ConsoleLine, b: ConsoleLine): number => (isAfter(a.cursor, b.cursor) ? 1 : -1);
