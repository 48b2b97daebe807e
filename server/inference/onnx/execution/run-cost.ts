const BUCKETS = 40;
/** Weight of a new observation. */
const WEIGHT = 0.2;
/** One stall of the machine must not look like a slow model: an observation counts as at most this multiple of what was expected. */
const MAX_STEP = 8;
const FLOOR_MS = 0.1;
/** Attention costs the square of its length, and nothing common costs more. */
const GROWTH_PER_DOUBLING = 4;

/**
 * Expects how long a run takes from the runs before it, by size of the input in powers of two. For a size never seen it assumes the worst
 * that follows from the nearest smaller one, or else as much as the nearest larger one.
 */
export class RunCost {
  readonly #averageMs = new Float64Array(BUCKETS);

  /** @param elements values over all inputs of the run */
  observe(elements: number, runMs: number): void {
    const bucket = bucketOf(elements);
    const before = this.#averageMs[bucket] as number;
    if (before === 0) this.#averageMs[bucket] = runMs;
    else this.#averageMs[bucket] = before + WEIGHT * (Math.min(runMs, MAX_STEP * before + FLOOR_MS) - before);
  }

  /** Milliseconds; Infinity before anything was observed. */
  expectMs(elements: number): number {
    const own = bucketOf(elements);
    for (let bucket = own; bucket >= 0; bucket -= 1) {
      const average = this.#averageMs[bucket] as number;
      if (average > 0) return average * GROWTH_PER_DOUBLING ** (own - bucket);
    }
    return this.#averageMs.find((average, bucket) => bucket > own && average > 0) ?? Number.POSITIVE_INFINITY;
  }
}

function bucketOf(elements: number): number {
  return Math.min(BUCKETS - 1, Math.floor(Math.log2(Math.max(1, elements))));
}
