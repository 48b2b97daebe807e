import { readFileSync } from 'node:fs';
import type { ListeningPort } from '../runtime-driver.ts';

/** State of a listener in `/proc/net/tcp` (proc(5); TCP_LISTEN of the kernel). */
const LISTEN = '0A';

/** The engine's own resolver, in the network of every container. */
const RESOLVER = '7F00000B';

/**
 * Whether a pid of the engine is one of this host and belongs to the container: not so where the engine runs in another virtual machine or namespace.
 */
export function isProcessOfContainer(pid: number, containerId: string): boolean {
  return pid > 0 && (readOrNull(`/proc/${pid}/cgroup`)?.includes(containerId) ?? false);
}

/** The kernel's tables of the network that a process is in. */
export const networkTables = (pid: number): string => `/proc/${pid}/net`;

/** What is listened on in the network of a process; null where the kernel does not tell. */
export function readListeningPorts(pid: number): ListeningPort[] | null {
  const tables = ['tcp', 'tcp6'].map((name) => readOrNull(`${networkTables(pid)}/${name}`));
  if (tables.every((table) => table === null)) return null;
  return parseListeningPorts(tables.map((table) => table ?? ''));
}

/** Listeners of `/proc/<pid>/net/tcp` and `tcp6`, each port once, in order. */
export function parseListeningPorts(tables: readonly string[]): ListeningPort[] {
  const ports = new Map<number, boolean>();
  for (const line of tables.flatMap((table) => table.split('\n'))) {
    const [, local, , state] = line.trim().split(/\s+/);
    const [address, port] = local?.split(':') ?? [];
    if (state !== LISTEN || address === undefined || port === undefined) continue;
    const plain = bigEndianWords(address);
    if (plain === RESOLVER) continue;
    const number = Number.parseInt(port, 16);
    ports.set(number, (ports.get(number) ?? true) && isLoopback(plain));
  }
  return [...ports].map(([port, loopbackOnly]) => ({ port, loopbackOnly })).toSorted((a, b) => a.port - b.port);
}

/** The kernel writes each word of an address as this machine holds it; all that engines run on hold the lowest byte first. */
function bigEndianWords(address: string): string {
  const words = address.match(/.{8}/g) ?? [];
  return words.map((word) => (word.match(/../g) ?? []).toReversed().join('')).join('');
}

/** 127.0.0.0/8, ::1, and the former written as IPv6 (RFC 4291, 2.5.5.2). */
function isLoopback(address: string): boolean {
  if (address.length === 8) return address.startsWith('7F');
  return address === `${'0'.repeat(31)}1` || address.startsWith(`${'0'.repeat(20)}FFFF7F`);
}

/** What a probe that nobody accepted should say besides; empty when the program listens as it should. */
export function describeListening(asked: number, listening: readonly ListeningPort[]): string {
  const own = listening.find(({ port }) => port === asked);
  if (own?.loopbackOnly === false) return '';
  if (own !== undefined) return `the program listens on port ${asked} of 127.0.0.1 only`;
  if (listening.length === 0) return `nothing listens on port ${asked} yet`;
  const others = listening.map(({ port }) => port).join(', ');
  return `nothing listens on port ${asked}; the program listens on ${others}`;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // Gone, not ours to look at, or no Linux: the same to the caller.
    return null;
  }
}
