import type { RuntimeDriver } from './runtime-driver.ts';

export interface LateDriverOptions {
  name: RuntimeDriver['name'];
  memoryLimitBy: RuntimeDriver['memoryLimitBy'];
  /** There may be instances already: it is made when it is told to start. */
  isNeededAtStart: boolean;
  make(): Promise<RuntimeDriver>;
}

export interface LateDriver extends RuntimeDriver {
  /** Makes and starts the driver if that has not been done. */
  appear(): Promise<void>;
}

/** A driver that is made when it is first needed: what it drives may come later, and costs nothing until then. Before that it has no instances. */
export function createLateDriver(options: LateDriverOptions): LateDriver {
  const listeners = new Set<(endpoint: string) => void>();
  let appearing: Promise<RuntimeDriver> | null = null;
  let made: RuntimeDriver | null = null;
  let isStopped = false;

  async function makeAndStart(): Promise<RuntimeDriver> {
    const driver = await options.make();
    driver.onHint((endpoint) => {
      for (const listener of listeners) listener(endpoint);
    });
    await driver.start();
    made = driver;
    return driver;
  }

  /** Everybody who needs it meanwhile waits for the one; an attempt that fails is made again by the next. */
  function need(): Promise<RuntimeDriver> {
    if (isStopped) return Promise.reject(new Error(`The ${options.name} driver has been stopped.`));
    appearing ??= makeAndStart().catch((error: unknown) => {
      appearing = null;
      throw error;
    });
    return appearing;
  }

  return {
    name: options.name,
    memoryLimitBy: options.memoryLimitBy,
    appear: async () => void (await need()),
    start: async () => void (options.isNeededAtStart && (await need())),
    async stop() {
      isStopped = true;
      await appearing?.then((driver) => driver.stop());
    },
    suspend: async () => made?.suspend(),
    ensure: async (spec) => (await need()).ensure(spec),
    remove: async (instanceId) => made?.remove(instanceId),
    observe: async () => (await made?.observe()) ?? [],
    check: (instanceId) => made?.check(instanceId),
    sample: async () => (await made?.sample()) ?? [],
    readLogs: async (...request) => (await made?.readLogs(...request)) ?? [],
    followLogs: async (...request) => made?.followLogs(...request),
    listKept: async () => (await made?.listKept()) ?? [],
    forgetDeployment: async (endpoint, deployment) => made?.forgetDeployment(endpoint, deployment),
    onHint(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
