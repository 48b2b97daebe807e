import { isIPv6 } from 'node:net';

/** Failures that cost nothing; from the next on each doubles the wait. */
const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 15 * 60_000;

/** What is known of one account or address. */
export interface FailureCount {
  failures: number;
  /** Epoch milliseconds of the last failure. */
  lastAt: number;
}

/**
 * Milliseconds until the next attempt may be made; 0 when now. No account is locked for good, so nobody can lock another out for longer than
 * a quarter of an hour.
 */
export function decideWaitMs(known: FailureCount | null, now: number): number {
  if (known === null || known.failures < FREE_FAILURES) return 0;
  const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (known.failures - FREE_FAILURES));
  return Math.max(0, known.lastAt + waitMs - now);
}

/** The count after one more failure; an old one is forgotten when its longest wait has passed. */
export function countFailure(known: FailureCount | null, now: number): FailureCount {
  const forgotten = known === null || now - known.lastAt > 2 * MAX_WAIT_MS;
  return { failures: (forgotten ? 0 : known.failures) + 1, lastAt: now };
}

/** What attempts are counted by: an IPv4 address, or the /64 that one IPv6 customer usually has. */
export function throttleKeyOf(address: string): string {
  if (!isIPv6(address)) return `address:${address}`;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return `address:${mapped}`;
  return `address:${expandIPv6(address).slice(0, 4).join(':')}::/64`;
}

function expandIPv6(address: string): string[] {
  const [bare = ''] = address.split('%');
  const [head = '', tail] = bare.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...gap, ...right].map((group) => Number.parseInt(group, 16).toString(16));
}
