import { parseExternalUrl } from '#lib/contracts/external-rules.ts';
import type { AddressPolicy } from '#server/domain/address-policy.ts';
import type { ExternalServers, PinnedServer } from '#server/domain/external-server.ts';
import { probeHttp, type ProbeTarget } from '../probing/http-probe.ts';
import { type Lookup, resolveHost } from './resolve-host.ts';

export interface ExternalServersOptions extends Pick<ExternalServers, 'seal' | 'open'> {
  lookup: Lookup;
  policy: AddressPolicy;
}

export function createExternalServers({ lookup, policy, seal, open }: ExternalServersOptions): ExternalServers {
  return {
    resolve: (host) => resolveHost(host, lookup, policy),
    probe(server, path, timeoutMs) {
      const { basePath } = parseExternalUrl(server.url);
      return probeHttp(probeTargetOf(server), `${basePath}${path}`, timeoutMs);
    },
    seal,
    open,
  };
}

/** Where and how a server is probed: at the pinned address, under its own name. */
export function probeTargetOf({ url, address, headers }: PinnedServer): ProbeTarget {
  const { authority, host, port, isSecure } = parseExternalUrl(url);
  return { host: address, port, headers: { ...headers, host: authority }, ...(isSecure && { tlsName: host }) };
}
