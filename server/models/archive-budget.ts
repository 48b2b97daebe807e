import type { Clock } from '#server/kernel/clock.ts';
import { refuseArchive, type ArchiveLimits } from './archive-refusal.ts';

const SPLIT = 'Leave out what the model does not need, or raise it with the operator.';

/** Counts what comes out of an archive against its limits, so that a bomb is noticed while it goes off and not afterwards. */
export class ArchiveBudget {
  readonly #limits: ArchiveLimits;
  readonly #packedBytes: number;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #entries = 0;
  #bytes = 0;

  constructor(limits: ArchiveLimits, packedBytes: number, clock: Clock) {
    this.#limits = limits;
    this.#packedBytes = packedBytes;
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
  }

  /** @throws AppError upload.archive_refused */
  addEntry(name: string, announcedBytes: number): void {
    this.#entries += 1;
    const { maxEntries, maxFileBytes } = this.#limits;
    if (this.#entries > maxEntries) throw refuseArchive(null, `holds more than ${maxEntries} entries`, SPLIT);
    if (announcedBytes > maxFileBytes) throw refuseArchive(name, `is larger than ${maxFileBytes} bytes`, SPLIT);
    this.#assertTime();
  }

  /** @throws AppError upload.archive_refused */
  addBytes(name: string, bytes: number): void {
    this.#bytes += bytes;
    const { maxTotalBytes, maxRatio, ratioFloorBytes } = this.#limits;
    if (this.#bytes > maxTotalBytes) throw refuseArchive(null, `unpacks to more than ${maxTotalBytes} bytes`, SPLIT);
    if (this.#bytes > ratioFloorBytes && this.#bytes > this.#packedBytes * maxRatio) {
      const what = `makes the archive unpack to more than ${maxRatio} times its size`;
      throw refuseArchive(name, what, 'Pack the folder without compression (`tar -cf`) and upload it again.');
    }
    this.#assertTime();
  }

  #assertTime(): void {
    const { maxDurationMs } = this.#limits;
    if (this.#clock.monotonic() - this.#startedAt <= maxDurationMs) return;
    throw refuseArchive(null, `took longer than ${maxDurationMs / 1000} s to unpack`, SPLIT);
  }
}
