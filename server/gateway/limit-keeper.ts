import { TokenBucket } from './token-bucket.ts';

/** Whose limit is in the way. */
export type LimitScope = 'endpoint' | 'key';

/** What limits say to one more request. `waitMs` is when the rate would allow it. */
export type LimitVerdict =
  | { kind: 'admitted' }
  | { kind: 'rate_limited'; scope: LimitScope; waitMs: number }
  | { kind: 'concurrency_limited'; scope: LimitScope };

export interface CountedLimits {
  requestsPerSecond: number | null;
  burst?: number | undefined;
  concurrency: number | null;
}

export interface EndpointLimits extends CountedLimits {
  /** Of each caller by itself. */
  perKey?: CountedLimits | undefined;
}

interface Kept {
  limits: EndpointLimits;
  own: Meter;
  /** By caller: two keys, or everybody who was issued a token. */
  callers: Map<string, Meter>;
}

const ADMITTED: LimitVerdict = { kind: 'admitted' };
/** Names of endpoints have no spaces. */
const SEPARATOR = ' ';

/** What a request is counted under: its endpoint and, where each caller has limits too, who calls. */
export function limitAccount(endpoint: string, limits: EndpointLimits, caller: string): string {
  return limits.perKey === undefined || caller === '' ? endpoint : endpoint + SEPARATOR + caller;
}

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
      if (previous === undefined) this.kept.set(name, { limits, own: new Meter(limits, now), callers: new Map() });
      else reconfigure(previous, limits, now);
    }
  }

  /** Admits a request and counts it until `end`, or says which limit is in the way. A refused request counts nowhere. */
  ask(account: string, now: number): LimitVerdict {
    const { kept, caller } = this.find(account);
    if (kept === undefined) return ADMITTED;
    const meter = caller === '' ? null : callerMeter(kept, caller, now);
    const refusal = kept.own.refuse('endpoint', now) ?? meter?.refuse('key', now) ?? null;
    if (refusal !== null) return refusal;
    kept.own.start(now);
    meter?.start(now);
    return ADMITTED;
  }

  end(account: string, count = 1): void {
    const { kept, caller } = this.find(account);
    if (kept === undefined) return;
    kept.own.end(count);
    kept.callers.get(caller)?.end(count);
  }

  private find(account: string): { kept: Kept | undefined; caller: string } {
    const cut = account.indexOf(SEPARATOR);
    const name = cut < 0 ? account : account.slice(0, cut);
    return { kept: this.kept.get(name), caller: cut < 0 ? '' : account.slice(cut + 1) };
  }
}

/** Whether an endpoint has a limit that has to be counted. */
export function isLimited(limits: EndpointLimits): boolean {
  return isCounted(limits) || (limits.perKey !== undefined && isCounted(limits.perKey));
}

function isCounted({ requestsPerSecond, concurrency }: CountedLimits): boolean {
  return requestsPerSecond !== null || concurrency !== null;
}

/** Requests of one endpoint, or of one caller of it, against its limits. */
class Meter {
  private limits: CountedLimits;
  private rate: TokenBucket | null;
  private inFlight = 0;

  constructor(limits: CountedLimits, now: number) {
    this.limits = limits;
    this.rate = bucketOf(limits, now);
  }

  /** Whether it counts nothing that a new one would not. */
  isIdle(now: number): boolean {
    return this.inFlight === 0 && (this.rate?.isFull(now) ?? true);
  }

  reconfigure(limits: CountedLimits, now: number): void {
    const { requestsPerSecond, burst } = this.limits;
    const keepsRate = requestsPerSecond === limits.requestsPerSecond && burst === limits.burst;
    this.limits = limits;
    if (!keepsRate) this.rate = bucketOf(limits, now);
  }

  refuse(scope: LimitScope, now: number): LimitVerdict | null {
    const { concurrency } = this.limits;
    if (concurrency !== null && this.inFlight >= concurrency) return { kind: 'concurrency_limited', scope };
    if (this.rate === null || this.rate.has(now)) return null;
    return { kind: 'rate_limited', scope, waitMs: this.rate.waitMs(now) };
  }

  start(now: number): void {
    this.rate?.tryTake(now);
    this.inFlight += 1;
  }

  end(count: number): void {
    this.inFlight = Math.max(0, this.inFlight - count);
  }
}

function reconfigure(kept: Kept, limits: EndpointLimits, now: number): void {
  kept.limits = limits;
  kept.own.reconfigure(limits, now);
  const { perKey } = limits;
  for (const [caller, meter] of kept.callers) {
    // Those who came once are not remembered for ever.
    if (perKey === undefined || meter.isIdle(now)) kept.callers.delete(caller);
    else meter.reconfigure(perKey, now);
  }
}

function callerMeter({ limits, callers }: Kept, caller: string, now: number): Meter | null {
  if (limits.perKey === undefined) return null;
  let meter = callers.get(caller);
  if (meter === undefined) {
    meter = new Meter(limits.perKey, now);
    callers.set(caller, meter);
  }
  return meter;
}

/** Where no burst is given, a second's worth may come at once. */
function bucketOf({ requestsPerSecond: rate, burst }: CountedLimits, now: number): TokenBucket | null {
  return rate === null ? null : new TokenBucket(rate, burst ?? Math.max(1, rate), now);
}
