const FAILURES_TO_EJECT = 5;
const FAILURE_WINDOW_MS = 10_000;
const FIRST_EJECTION_MS = 10_000;
const LONGEST_EJECTION_MS = 300_000;

/**
 * Passive health of one instance as this worker sees it: five connection failures, bad answers or time-outs in a row within 10 s put it
 * out for 10 s, the next time for 20 s, up to five minutes. When the time is over one request probes it; its outcome decides.
 */
export class InstanceHealth {
  ejectedUntil = 0;
  /** When the last ejection ended with a success. */
  readmittedAt = -Infinity;
  private failures = 0;
  private firstFailureAt = 0;
  private ejections = 0;
  private probing = false;

  /** Whether a request may go there now, the panic rule aside. */
  isAvailable(now: number): boolean {
    if (this.ejectedUntil === 0) return true;
    return now >= this.ejectedUntil && !this.probing;
  }

  get isEjected(): boolean {
    return this.ejectedUntil !== 0;
  }

  /** Before its time is over it is only chosen where all are out; that is no probe, so that an outage of all lengthens nobody's time. */
  onChosen(now: number): void {
    if (this.ejectedUntil !== 0 && now >= this.ejectedUntil) this.probing = true;
  }

  /** The request ended in a way that says nothing about the instance. */
  onNeutral(): void {
    this.probing = false;
  }

  /** @returns true when this success brought the instance back */
  onSuccess(): boolean {
    const wasEjected = this.ejectedUntil !== 0;
    if (this.failures === 0 && !wasEjected) return false;
    this.failures = 0;
    if (wasEjected) {
      this.ejections = Math.max(0, this.ejections - 1);
      this.readmittedAt = performance.now();
    }
    this.ejectedUntil = 0;
    this.probing = false;
    return wasEjected;
  }

  /** @returns true when this failure put the instance out */
  onFailure(now: number): boolean {
    if (this.failures === 0 || now - this.firstFailureAt > FAILURE_WINDOW_MS) {
      this.failures = 0;
      this.firstFailureAt = now;
    }
    this.failures += 1;
    const probeFailed = this.probing;
    this.probing = false;
    if (!probeFailed && (this.failures < FAILURES_TO_EJECT || now < this.ejectedUntil)) return false;
    this.failures = 0;
    this.ejections += 1;
    this.ejectedUntil = now + Math.min(LONGEST_EJECTION_MS, FIRST_EJECTION_MS * this.ejections);
    return true;
  }
}
