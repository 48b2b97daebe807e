import { isAfter } from './console/console-line.ts';
import type { ConsoleLine, EnsureOutcome, InstanceSpec, RuntimeDriver } from './runtime-driver.ts';

/** What instances can be run by here; null for what this host does not have. */
export interface JoinedDrivers {
  /** Programs of this host. */
  process: RuntimeDriver | null;
  /** Containers. */
  docker: RuntimeDriver | null;
  /** Servers that run elsewhere. */
  external: RuntimeDriver | null;
}

/**
 * One driver of several: each instance goes to the one that its spec is for. A deployment may have been of another kind before, so what asks about the
 * past asks all. None may throw from `observe` for being cut off from what it drives: it tells what it last saw, or the instances of the others could
 * not be looked after.
 */
export function joinDrivers(drivers: JoinedDrivers): RuntimeDriver {
  const all = [drivers.process, drivers.docker, drivers.external].filter((driver) => driver !== null);
  return {
    name: all[0]?.name ?? 'process',
    get memoryLimitBy() {
      return all[0]?.memoryLimitBy ?? 'none';
    },
    async start() {
      for (const driver of all) await driver.start();
    },
    async stop() {
      for (const driver of all) await driver.stop();
    },
    async suspend() {
      await Promise.all(all.map((driver) => driver.suspend()));
    },
    ensure: (spec) => ensureBy(drivers, spec),
    remove: async (instanceId) => void (await Promise.all(all.map((driver) => driver.remove(instanceId)))),
    observe: async () => (await Promise.all(all.map((driver) => driver.observe()))).flat(),
    check(instanceId) {
      for (const driver of all) driver.check(instanceId);
    },
    sample: async () => (await Promise.all(all.map((driver) => driver.sample()))).flat(),
    async readLogs(endpoint, deployment, instanceId, options) {
      const read = all.map((driver) => driver.readLogs(endpoint, deployment, instanceId, options));
      const lines = (await Promise.all(read)).flat().toSorted(byCursor);
      return options.tail === 0 ? [] : lines.slice(-options.tail);
    },
    async followLogs(...request) {
      await Promise.all(all.map((driver) => driver.followLogs(...request)));
    },
    listKept: async () => (await Promise.all(all.map((driver) => driver.listKept()))).flat(),
    async forgetDeployment(endpoint, deployment) {
      for (const driver of all) await driver.forgetDeployment(endpoint, deployment);
    },
    onHint(listener) {
      const ends = all.map((driver) => driver.onHint(listener));
      return () => ends.forEach((end) => end());
    },
  };
}

async function ensureBy(drivers: JoinedDrivers, spec: InstanceSpec): Promise<EnsureOutcome> {
  const kind = spec.external !== undefined ? 'external' : spec.container !== undefined ? 'docker' : 'process';
  const driver = drivers[kind];
  if (driver !== null) return driver.ensure(spec);
  return { kind: 'refused', code: 'deployment.runtime_unavailable', detail: ABSENT[kind] };
}

const ABSENT = {
  process: 'This host does not run programs.',
  docker: 'There is no container engine on this host. Install Docker.',
  external: 'Servers that run elsewhere cannot be watched here.',
} as const satisfies Record<keyof JoinedDrivers, string>;

const byCursor = (a: ConsoleLine, b: ConsoleLine): number => (isAfter(a.cursor, b.cursor) ? 1 : -1);
