import { callerAddress } from './trusted-forwarders.ts';
import { type GatewayAnswer, gatewayAnswer } from './gateway-answer.ts';
import type { FieldTable } from './http1/field-table.ts';
import type { RouteIndex } from './route-index.ts';
import { TokenBucket } from './token-bucket.ts';

/** Addresses remembered in each worker: some hundred KiB. */
const MAX_ADDRESSES = 4_096;
/** Addresses of IPv4 as `parseAddress` gives them. */
const IPV4_PREFIX = '00000000000000000000ffff';
/** Whoever has one address of IPv6 has its whole /64. */
const IPV6_PREFIX_CHARACTERS = 16;
const MS_PER_MINUTE = 60_000;

/**
 * Counts wrong keys and tokens by the address that they came from and says when there were too many. What is right is never held up by it: keys are too long
 * to be guessed at any rate, and a client with a wrong one must not shut out its neighbours behind the same address.
 */
export class BadKeys {
  private readonly perMinute: number;
  /** By address, the one that was seen last at the end. */
  private readonly buckets = new Map<string, TokenBucket>();

  /** @param perMinute that one address may show; 0 for any number */
  constructor(perMinute: number) {
    this.perMinute = perMinute;
  }

  get size(): number {
    return this.buckets.size;
  }

  /**
   * Counts one more.
   * @returns milliseconds until the address may show another one; 0 where it has not shown too many
   */
  count(address: string, now: number): number {
    if (this.perMinute === 0) return 0;
    const bucket = this.buckets.get(address) ?? new TokenBucket(this.perMinute / 60, this.perMinute, now);
    this.buckets.delete(address);
    this.buckets.set(address, bucket);
    if (this.buckets.size > MAX_ADDRESSES) this.forgetOldest();
    return bucket.tryTake(now) ? 0 : Math.min(MS_PER_MINUTE, bucket.waitMs(now));
  }

  private forgetOldest(): void {
    for (const oldest of this.buckets.keys()) {
      this.buckets.delete(oldest);
      return;
    }
  }
}

/** Whom wrong keys are counted for. */
export function countedAddress(peerAddress: string, fields: FieldTable, routes: RouteIndex): string {
  const address = callerAddress(peerAddress, fields, routes.trustedForwarders);
  if (address === null) return peerAddress;
  const hex = Buffer.from(address).toString('hex');
  return hex.startsWith(IPV4_PREFIX) ? hex : hex.slice(0, IPV6_PREFIX_CHARACTERS);
}

/** The connection ends with it, so that the next attempt costs another one. */
export function tooManyBadKeys(waitMs: number): GatewayAnswer {
  return gatewayAnswer(
    'gateway.too_many_bad_keys',
    'bad_keys',
    'Too many wrong keys have come from this address. Requests with a right one are answered as ever.',
    { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)), closes: true },
  );
}
