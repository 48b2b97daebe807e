import { createServer } from 'node:net';
import type { DeploymentNetworks } from './networks.ts';
import { formatAddress, parseSubnet } from './subnets.ts';

/** How instances are dialled: at their container's own address, or at a port of this host's loopback. */
export type Addressing = 'container' | 'published';

/**
 * Containers' addresses can be reached where the engine's bridges are interfaces of this host: not from beside a virtual machine that runs the
 * engine (Docker Desktop), nor where the engine has a network of its own (rootless).
 */
export function findAddressing(networks: Pick<DeploymentNetworks, 'withAny'>): Promise<Addressing> {
  return networks.withAny(async (there) => {
    for (const network of there) {
      // An engine that chose the gateway itself does not say which: it takes the first address.
      const gateways = network.gateways.length > 0 ? network.gateways : network.subnets.flatMap(firstAddress);
      for (const gateway of gateways) if (await isOwnAddress(gateway)) return 'container';
    }
    return 'published';
  });
}

function firstAddress(subnet: string): string[] {
  const parsed = parseSubnet(subnet);
  return parsed === null ? [] : [formatAddress(parsed.base + 1)];
}

/** Only an address of this host can be listened on. */
function isOwnAddress(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(0, address, () => server.close(() => resolve(true)));
  });
}
