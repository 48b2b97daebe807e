import type { EnvironmentBuilder } from '#server/domain/environment-build.ts';

/**
 * A builder that is made when something is first built with it: what it builds with may come later, and costs nothing until then.
 * @param isNeededAtStart there may be builds of it already
 */
export function createLateBuilder(
  isNeededAtStart: boolean,
  make: () => Promise<EnvironmentBuilder>,
): EnvironmentBuilder {
  const listeners = new Set<(key: string) => void>();
  let making: Promise<EnvironmentBuilder> | null = null;
  let made: EnvironmentBuilder | null = null;

  async function makeAndStart(): Promise<EnvironmentBuilder> {
    const builder = await make();
    builder.onHint((key) => {
      for (const listener of listeners) listener(key);
    });
    await builder.start();
    made = builder;
    return builder;
  }

  /** Everybody who needs it meanwhile waits for the one; an attempt that fails is made again by the next. */
  function need(): Promise<EnvironmentBuilder> {
    making ??= makeAndStart().catch((error: unknown) => {
      making = null;
      throw error;
    });
    return making;
  }

  return {
    start: async () => void (isNeededAtStart && (await need())),
    stop: async () => void (await making?.then((builder) => builder.stop())),
    ensure: async (request) => (await need()).ensure(request),
    find: async (key) => (await made?.find(key)) ?? null,
    readLog: async (key, query) => (await made?.readLog(key, query)) ?? [],
    followLog: async (...request) => made?.followLog(...request),
    retain: async (keys) => made?.retain(keys),
    onHint(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
