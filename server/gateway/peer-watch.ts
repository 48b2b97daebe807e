import { readFile } from 'node:fs/promises';

/** Tables of the kernel's TCP sockets in this network namespace (proc(5)); other systems have none. */
const SOCKET_TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
const FIRST_CHECK_MS = 20;
/** Looking takes time in proportion to the number of sockets of the host: it may take this share of the time at most. */
const MAX_SHARE = 1 / 20;

/** A connection whose client has ended its side while its request is being worked on. */
export interface WatchedPeer {
  readonly remotePort: number;
  readonly localPort: number;
  onPeerGone(): void;
}

/**
 * Tells clients that have only ended their side, and wait for the answer, from clients that have closed the connection altogether. Both look the same on
 * the wire until something is sent to them (RFC 9293 section 3.6), but a client on the same host has an entry in the kernel's table, and
 * one whose socket belongs to no process any more is gone. Clients on other hosts are believed to be waiting.
 */
export class PeerWatch {
  private readonly watched = new Set<WatchedPeer>();
  private timer: NodeJS.Timeout | null = null;

  watch(peer: WatchedPeer): void {
    this.watched.add(peer);
    this.schedule(FIRST_CHECK_MS);
  }

  unwatch(peer: WatchedPeer): void {
    this.watched.delete(peer);
  }

  stop(): void {
    this.watched.clear();
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private schedule(delayMs: number): void {
    if (this.timer !== null || this.watched.size === 0) return;
    this.timer = setTimeout(() => void this.check(), delayMs);
  }

  private async check(): Promise<void> {
    const startedAt = performance.now();
    const owned = await readOwnedSockets();
    const tookMs = performance.now() - startedAt;
    this.timer = null;
    if (owned === null) return this.watched.clear();
    for (const peer of this.watched) {
      if (owned.has(socketKey(peer.remotePort, peer.localPort))) continue;
      this.watched.delete(peer);
      peer.onPeerGone();
    }
    this.schedule(Math.max(FIRST_CHECK_MS, tookMs / MAX_SHARE));
  }
}

function socketKey(localPort: number, remotePort: number): number {
  return localPort * 0x1_0000 + remotePort;
}

/** Port pairs of all sockets that belong to a process, or null where the kernel does not tell. */
async function readOwnedSockets(): Promise<Set<number> | null> {
  const owned = new Set<number>();
  const texts = await Promise.all(SOCKET_TABLES.map((path) => readFile(path, 'latin1').catch(() => null)));
  if (texts[0] === null) return null;
  for (const text of texts) {
    for (const line of (text ?? '').split('\n').slice(1)) {
      // sl local_address rem_address st queues timer retransmits uid timeout inode: an orphan has inode 0.
      const match = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) (?:\S+\s+){6}(\d+)/.exec(line);
      if (match === null || match[3] === '0') continue;
      owned.add(socketKey(Number.parseInt(match[1] as string, 16), Number.parseInt(match[2] as string, 16)));
    }
  }
  return owned;
}
