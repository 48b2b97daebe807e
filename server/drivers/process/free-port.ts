import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

export const LOOPBACK = '127.0.0.1';

const LOWEST_PORT = 20_000;
const ATTEMPTS = 200;

/**
 * A loopback port that nobody listens on and that is not in `taken`, or null after many tries. Ports of the kernel's ephemeral range are
 * avoided: between picking one and the program's bind, an outgoing connection could be given it.
 */
export async function pickFreePort(taken: ReadonlySet<number>): Promise<number | null> {
  const highest = Math.max(LOWEST_PORT + 1_000, lowestEphemeralPort() - 1);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST_PORT, highest + 1);
    if (!taken.has(port) && (await isPortFree(port))) return port;
  }
  return null;
}

/** Whether a listener could be bound on loopback now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function lowestEphemeralPort(): number {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10) || 32_768;
  } catch {
    // Not Linux: the BSDs and macOS begin at 49152, so Linux's default leaves room there too.
    return 32_768;
  }
}
