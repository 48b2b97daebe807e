import { readFile } from 'node:fs/promises';
import { pause } from './pause.ts';

/** State of an open connection in `/proc/net/tcp` (proc(5); TCP_ESTABLISHED of the kernel). */
const ESTABLISHED = '01';

/** A look goes through every connection of the host, whoever they belong to: the longer a wait lasts the rarer they come. */
const FIRST_LOOK_MS = 50;
const LONGEST_LOOK_MS = 400;

/** Looks in a row that must find none: a connection that was just being made is open by the second. */
const QUIET_LOOKS = 2;

/** The network of this process. */
const OWN_NETWORK = '/proc/net';

/** Open connections that a listener has accepted on a port; null where the kernel does not tell. */
export async function countConnections(port: number, network = OWN_NETWORK): Promise<number | null> {
  // Not in this thread: on a host with many connections the kernel takes tens of milliseconds.
  const read = await Promise.all(['tcp', 'tcp6'].map((file) => readOrNull(`${network}/${file}`)));
  const tables = read.filter((table) => table !== null);
  if (tables.length === 0) return null;
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = tables.flatMap((table) => table.split('\n').slice(1));
  return lines.filter((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return state === ESTABLISHED && local?.endsWith(suffix);
  }).length;
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
  let lookMs = FIRST_LOOK_MS;
  for (let quiet = 0; quiet < QUIET_LOOKS && performance.now() < deadline;) {
    const count = await countConnections(port, network);
    if (count === null) return;
    quiet = count === 0 ? quiet + 1 : 0;
    if (quiet === QUIET_LOOKS) return;
    await pause(quiet > 0 ? FIRST_LOOK_MS : lookMs, signal);
    lookMs = Math.min(LONGEST_LOOK_MS, 2 * lookMs);
  }
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'latin1');
  } catch {
    // Not Linux, or no IPv6.
    return null;
  }
}
