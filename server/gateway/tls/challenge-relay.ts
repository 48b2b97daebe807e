import type { Challenge } from '#server/routing/gateway-link.ts';
import type { ToWorker } from '../worker-messages.ts';

/** The primary's part in challenges of an ACME server: hands them to all workers, and tells when every one answers them. */
export class ChallengeRelay {
  private readonly send: (worker: number, message: ToWorker) => void;
  private latest: { id: string; challenges: readonly Challenge[] } = { id: '', challenges: [] };
  private readonly missing = new Set<number>();
  private confirm: (() => void) | null = null;

  constructor(send: (worker: number, message: ToWorker) => void) {
    this.send = send;
  }

  /** @param confirm called once, unless other challenges come first */
  begin(id: string, challenges: readonly Challenge[], workers: readonly number[], confirm: () => void): void {
    this.latest = { id, challenges };
    this.confirm = confirm;
    this.missing.clear();
    for (const worker of workers) {
      this.missing.add(worker);
      this.tell(worker);
    }
    this.settle();
  }

  /** A worker that starts answers them from its first connection on. */
  onForked(worker: number): void {
    if (this.latest.challenges.length > 0) this.tell(worker);
  }

  onAnswering(worker: number, id: string): void {
    if (id === this.latest.id) this.onGone(worker);
  }

  onGone(worker: number): void {
    this.missing.delete(worker);
    this.settle();
  }

  private tell(worker: number): void {
    this.send(worker, { type: 'challenges', ...this.latest });
  }

  private settle(): void {
    if (this.missing.size > 0) return;
    this.confirm?.();
    this.confirm = null;
  }
}
