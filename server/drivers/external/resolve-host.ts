import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { AddressPolicy } from '#server/domain/address-policy.ts';
import type { HostAddresses } from '#server/domain/external-server.ts';

/** Addresses of a host name as the system resolves it. @throws Error with the system's code */
export type Lookup = (host: string) => Promise<readonly string[]>;

const LOOKUP_MS = 5_000;

export const systemLookup: Lookup = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/**
 * Resolves a host and checks every address that it has: one that may not be reached spoils them all, since whoever controls the name chooses which
 * comes first. IPv4 addresses come first, because not every host can reach IPv6 ones.
 */
export async function resolveHost(host: string, find: Lookup, policy: AddressPolicy): Promise<HostAddresses> {
  let found: readonly string[];
  try {
    found = isIP(host) === 0 ? await withinTime(find(host)) : [host];
  } catch (error) {
    return { kind: 'unknown', reason: wordsOf(error as NodeJS.ErrnoException) };
  }
  for (const address of found) {
    const reason = policy(address);
    if (reason !== null) return { kind: 'forbidden', address, reason };
  }
  if (found.length === 0) return { kind: 'unknown', reason: 'has no address' };
  return { kind: 'allowed', addresses: [...new Set(found)].toSorted((a, b) => isIP(a) - isIP(b)) };
}

async function withinTime(lookup: Promise<readonly string[]>): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('late'), { code: 'ETIMEOUT' })), LOOKUP_MS);
  });
  return Promise.race([lookup, late]).finally(() => clearTimeout(timer));
}

function wordsOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOTFOUND' || code === 'ENODATA') return 'has no address';
  if (code === 'EAI_AGAIN' || code === 'ETIMEOUT') return 'cannot be resolved now: the name server does not answer';
  return `cannot be resolved: ${code ?? message}`;
}
