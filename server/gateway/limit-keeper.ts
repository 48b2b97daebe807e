import { TokenBucket } from './token-bucket.ts';

/** What a limit says to one more request. `waitMs` is when the rate would allow it. */
export type LimitVerdict =
  | { kind: 'admitted' }
  | { kind: 'rate_limited'; waitMs: number }
  | { kind: 'concurrency_limited' };

export interface EndpointLimits {
  requestsPerSecond: number | null;
  concurrency: number | null;
}

interface Kept {
  limits: EndpointLimits;
  rate: TokenBucket | null;
  inFlight: number;
}

const ADMITTED: LimitVerdict = { kind: 'admitted' };
const CONCURRENCY_LIMITED: LimitVerdict = { kind: 'concurrency_limited' };

/**
 * Requests a second and requests at once of every endpoint that limits them, counted in one place: in the worker where there is one, in the primary
 * where there are several, so that a limit means what it says however connections fall on workers.
 */
export class LimitKeeper {
  private readonly kept = new Map<string, Kept>();

  /** Takes over the limits of a new table; counts of endpoints whose limits stay are kept. */
  configure(endpoints: readonly { name: string; limits: EndpointLimits }[], now: number): void {
    const names = new Set(endpoints.map(({ name }) => name));
    for (const name of this.kept.keys()) if (!names.has(name)) this.kept.delete(name);
    for (const { name, limits } of endpoints) {
      const previous = this.kept.get(name);
      const rate = limits.requestsPerSecond;
      const keepsRate = previous !== undefined && previous.limits.requestsPerSecond === rate;
      this.kept.set(name, {
        limits,
        // A second's worth may come at once.
        rate: keepsRate ? previous.rate : rate === null ? null : new TokenBucket(rate, Math.max(1, rate), now),
        inFlight: previous?.inFlight ?? 0,
      });
    }
  }

  /** Admits a request and counts it until `end`, or says which limit is in the way. */
  ask(endpoint: string, now: number): LimitVerdict {
    const kept = this.kept.get(endpoint);
    if (kept === undefined) return ADMITTED;
    const { concurrency } = kept.limits;
    if (kept.rate !== null && !kept.rate.tryTake(now)) return { kind: 'rate_limited', waitMs: kept.rate.waitMs(now) };
    if (concurrency !== null && kept.inFlight >= concurrency) return CONCURRENCY_LIMITED;
    kept.inFlight += 1;
    return ADMITTED;
  }

  end(endpoint: string, count = 1): void {
    const kept = this.kept.get(endpoint);
    if (kept !== undefined) kept.inFlight = Math.max(0, kept.inFlight - count);
  }
}

/** Whether an endpoint has a limit that has to be counted. */
export function isLimited(limits: EndpointLimits): boolean {
  return limits.requestsPerSecond !== null || limits.concurrency !== null;
}
