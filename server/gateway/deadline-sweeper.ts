import { type Place, Roster } from './roster.ts';

/** Something that looks at its own deadlines when asked. */
export interface Sweepable {
  /** @param now monotonic milliseconds */
  sweep(now: number): void;
}

/** No deadline. */
export const NEVER = Infinity;

/**
 * Asks everything to look at its deadlines at a fixed interval. Setting a deadline is one assignment then, where a timer per request and
 * phase would cost a list operation each; the price is that a deadline fires up to one interval late.
 */
export class DeadlineSweeper {
  /** Monotonic time of the last look, so at most one interval old: for deadlines so long that this makes no difference. */
  now = performance.now();
  private readonly entries = new Roster<Sweepable>();
  private timer: NodeJS.Timeout | null = null;
  private readonly intervalMs: number;
  private readonly onError: (error: unknown) => void;

  constructor(intervalMs: number, onError: (error: unknown) => void) {
    this.intervalMs = intervalMs;
    this.onError = onError;
  }

  start(): void {
    this.timer ??= setInterval(() => this.sweep(performance.now()), this.intervalMs);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  add(entry: Sweepable): Place<Sweepable> {
    return this.entries.add(entry);
  }

  /** Idempotent. */
  delete(place: Place<Sweepable>): void {
    this.entries.remove(place);
  }

  private sweep(now: number): void {
    this.now = now;
    this.entries.forEach((entry, place) => {
      try {
        entry.sweep(now);
      } catch (error) {
        this.entries.remove(place);
        this.onError(error);
      }
    });
  }
}
