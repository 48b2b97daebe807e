/** What is known of a sender: a gateway worker's life. */
interface Sender {
  highest: number;
  /** Sequences of the last window below `highest` that came; batches may overtake each other. */
  recent: Set<number>;
  dropped: number;
  lastSeenMs: number;
}

/** A change worth keeping across a restart: `[source, sequence, dropped so far]`. */
export type SenderMark = [source: string, sequence: number, dropped: number];

const WINDOW = 256;
const MAX_SENDERS = 1024;

/** Knows which batches have been counted, so that one sent again after a lost answer counts once, and what senders had to throw away. */
export class SenderRegistry {
  readonly #senders = new Map<string, Sender>();
  #droppedByForgotten = 0;

  /** Whether the batch is new; if so it counts as received. A batch older than the window counts as a repeat. */
  accept(source: string, sequence: number, dropped: number, nowMs: number): boolean {
    const sender = this.#sender(source, nowMs);
    if (sequence <= sender.highest - WINDOW || sender.recent.has(sequence)) return false;
    sender.recent.add(sequence);
    sender.highest = Math.max(sender.highest, sequence);
    sender.dropped += dropped;
    sender.lastSeenMs = nowMs;
    for (const old of sender.recent) if (old <= sender.highest - WINDOW) sender.recent.delete(old);
    return true;
  }

  markOf(source: string, sequence: number): SenderMark {
    return [source, sequence, this.#senders.get(source)?.dropped ?? 0];
  }

  /** Everything that must be known to go on after a restart. */
  snapshot(): SenderMark[] {
    return [...this.#senders].flatMap(([source, sender]) =>
      [...sender.recent].map((sequence): SenderMark => [source, sequence, sender.dropped]),
    );
  }

  restore(marks: readonly SenderMark[], nowMs: number): void {
    for (const [source, sequence, dropped] of marks) {
      this.accept(source, sequence, 0, nowMs);
      const sender = this.#sender(source, nowMs);
      sender.dropped = Math.max(sender.dropped, dropped);
    }
  }

  /** Records that senders threw away because they could not reach telemetry. */
  droppedBySenders(): { total: number; senders: { source: string; dropped: number; last_seen_ms: number }[] } {
    const senders = [...this.#senders].map(([source, { dropped, lastSeenMs }]) => ({
      source,
      dropped,
      last_seen_ms: lastSeenMs,
    }));
    return { total: senders.reduce((sum, { dropped }) => sum + dropped, this.#droppedByForgotten), senders };
  }

  #sender(source: string, nowMs: number): Sender {
    let sender = this.#senders.get(source);
    if (sender === undefined) {
      sender = { highest: -1, recent: new Set(), dropped: 0, lastSeenMs: nowMs };
      this.#senders.set(source, sender);
      this.#forgetOldest();
    }
    return sender;
  }

  #forgetOldest(): void {
    if (this.#senders.size <= MAX_SENDERS) return;
    const [oldest] = [...this.#senders].toSorted(([, a], [, b]) => a.lastSeenMs - b.lastSeenMs);
    const [source, sender] = oldest!;
    this.#droppedByForgotten += sender.dropped;
    this.#senders.delete(source);
  }
}
