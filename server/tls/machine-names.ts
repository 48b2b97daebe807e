import { hostname, type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { isIP } from 'node:net';

const HOST_NAME = /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

export interface WantedNames {
  /** What the gateway listens on. */
  host: string;
  /** Domain of the endpoints, or null. */
  domain: string | null;
  extra: readonly string[];
}

/** Bridges of networks that a container engine made: they come and go with deployments, and each time would be another certificate. */
const ENGINE_BRIDGE = /^br-[0-9a-f]{12}$/;

type Interfaces = Readonly<Record<string, readonly Pick<NetworkInterfaceInfo, 'address'>[] | undefined>>;

/** What a certificate of the local CA is for: this machine by all its names and addresses, every endpoint below the domain, and what was asked for. */
export function namesOfMachine(
  { host, domain, extra }: WantedNames,
  interfaces: Interfaces = networkInterfaces(),
): string[] {
  const lasting = Object.entries(interfaces).filter(([name]) => !ENGINE_BRIDGE.test(name));
  const addresses = lasting.flatMap(([, list]) => (list ?? []).map(({ address }) => address));
  const endpoints = domain === null ? [] : [domain, `*.${domain}`];
  const names = ['localhost', hostname(), host, ...endpoints, ...extra, '127.0.0.1', '::1', ...addresses];
  return [...new Set(names.map((name) => name.toLowerCase()))].filter(isCertifiable);
}

/** A host name or an address that others can mean: no "any address", none with a scope, none of one link only. */
function isCertifiable(name: string): boolean {
  if (isIP(name) !== 0) return name !== '0.0.0.0' && name !== '::' && !/^fe[89ab]/.test(name) && !name.includes('%');
  return name.length <= 253 && HOST_NAME.test(name);
}
