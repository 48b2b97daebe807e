const LOOK_EVERY_MS = 10;

/**
 * Waits until `look` gives something truthy, and returns it. What `look` throws counts as not yet.
 * @throws Error after the time-out, with what was seen last
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  what = 'the condition',
  timeoutMs = 15_000,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen) return seen as NonNullable<T>;
      last = seen;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}; last: ${describe(last)}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function describe(value: unknown): string {
  return value instanceof Error ? value.message : JSON.stringify(value);
}
