import { readFileSync } from 'node:fs';
import { pause } from './pause.ts';

/** State of an open connection in `/proc/net/tcp` (proc(5); TCP_ESTABLISHED of the kernel). */
const ESTABLISHED = '01';

const LOOK_MS = 50;

/** Looks in a row that must find none: a connection that was just being made is open by the second. */
const QUIET_LOOKS = 2;

/** The network of this process. */
const OWN_NETWORK = '/proc/net';

/** Open connections that a listener has accepted on a port; null where the kernel does not tell. */
export function countConnections(port: number, network = OWN_NETWORK): number | null {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let known = false;
  let count = 0;
  for (const file of ['tcp', 'tcp6']) {
    const table = readOrNull(`${network}/${file}`);
    if (table === null) continue;
    known = true;
    for (const line of table.split('\n').slice(1)) {
      const [, local, , state] = line.trim().split(/\s+/);
      if (state === ESTABLISHED && local?.endsWith(suffix)) count += 1;
    }
  }
  return known ? count : null;
}

/**
 * Waits until nobody is connected to a port, or for the time-out. The gateway closes its idle connections to an instance that has left the route
 * table, so what is still open then is a request under way.
 * @param network folder of the kernel's tables for the network that the program is in: `/proc/<pid>/net`
 * @throws the signal's reason when it aborts
 */
export async function waitForQuietPort(
  port: number,
  timeoutMs: number,
  signal: AbortSignal,
  network = OWN_NETWORK,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (let quiet = 0; quiet < QUIET_LOOKS && performance.now() < deadline;) {
    const count = countConnections(port, network);
    if (count === null) return;
    quiet = count === 0 ? quiet + 1 : 0;
    if (quiet < QUIET_LOOKS) await pause(LOOK_MS, signal);
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // Not Linux, or no IPv6.
    return null;
  }
}
