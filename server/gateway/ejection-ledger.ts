import type { Ejection } from '#server/routing/gateway-link.ts';

/** What one worker says of an instance: why and until when it is out, or null when it is back. */
export interface EjectionReport {
  instance: string;
  /** Epoch milliseconds. */
  ejection: { reason: string; untilMs: number } | null;
}

/** Which instances are out in which workers. Each worker judges by what it sees, so an instance may be out in some and not in others. */
export class EjectionLedger {
  private readonly byWorker = new Map<number, Map<string, { reason: string; untilMs: number }>>();

  report(worker: number, { instance, ejection }: EjectionReport): void {
    const own = this.byWorker.get(worker) ?? new Map();
    this.byWorker.set(worker, own);
    if (ejection === null) own.delete(instance);
    else own.set(instance, ejection);
  }

  removeWorker(worker: number): void {
    this.byWorker.delete(worker);
  }

  /** Forgets instances that are no longer served. */
  keep(instances: ReadonlySet<string>): void {
    for (const own of this.byWorker.values())
      for (const instance of own.keys()) if (!instances.has(instance)) own.delete(instance);
  }

  /** One entry per instance: the longest of its ejections, and in how many workers it is out. */
  snapshot(): Ejection[] {
    const found = new Map<string, Ejection>();
    for (const own of this.byWorker.values()) {
      for (const [instance, { reason, untilMs }] of own) {
        const known = found.get(instance);
        const workers = (known?.workers ?? 0) + 1;
        if (known === undefined || known.untilMs < untilMs) found.set(instance, { instance, reason, untilMs, workers });
        else known.workers = workers;
      }
    }
    return [...found.values()];
  }
}
