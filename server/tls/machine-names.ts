import { hostname, networkInterfaces } from 'node:os';
import { isIP } from 'node:net';

const HOST_NAME = /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

export interface WantedNames {
  /** What the gateway listens on. */
  host: string;
  /** Domain of the endpoints, or null. */
  domain: string | null;
  extra: readonly string[];
}

/** What a certificate of the local CA is for: this machine by all its names and addresses, every endpoint below the domain, and what was asked for. */
export function namesOfMachine({ host, domain, extra }: WantedNames): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  const endpoints = domain === null ? [] : [domain, `*.${domain}`];
  const names = ['localhost', hostname(), host, ...endpoints, ...extra, '127.0.0.1', '::1', ...addresses];
  return [...new Set(names.map((name) => name.toLowerCase()))].filter(isCertifiable);
}

/** A host name or an address that others can mean: no "any address", none with a scope, none of one link only. */
function isCertifiable(name: string): boolean {
  if (isIP(name) !== 0) return name !== '0.0.0.0' && name !== '::' && !/^fe[89ab]/.test(name) && !name.includes('%');
  return name.length <= 253 && HOST_NAME.test(name);
}
