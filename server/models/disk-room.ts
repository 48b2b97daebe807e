import { statfs } from 'node:fs/promises';
import { AppError } from '#server/kernel/app-error.ts';

export type FreeBytes = () => Promise<number>;

/** Room of the file system that holds a path. */
export const freeBytesAt =
  (path: string): FreeBytes =>
  async () => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  };

/** Disk room that uploads may take: what is free, less a reserve for the database and the logs, less what others were promised. */
export class DiskRoom {
  readonly #freeBytes: FreeBytes;
  readonly #reserveBytes: number;
  #promisedBytes = 0;

  constructor(freeBytes: FreeBytes, reserveBytes: number) {
    this.#freeBytes = freeBytes;
    this.#reserveBytes = reserveBytes;
  }

  /** @throws AppError upload.no_space naming what is needed and what is there */
  async require(neededBytes: number): Promise<void> {
    const free = await this.#freeBytes();
    const usable = free - this.#reserveBytes - this.#promisedBytes;
    if (neededBytes <= usable) return;
    const text =
      `It needs ${formatMib(neededBytes)} and there is room for ${formatMib(Math.max(0, usable))} ` +
      `(${formatMib(free)} are free, of which ${formatMib(this.#reserveBytes)} are kept for the database and the logs). ` +
      `Delete models that are not used, or free space on the disk, and try again.`;
    throw new AppError('upload.no_space', text, {
      details: { needed_bytes: neededBytes, free_bytes: free, reserve_bytes: this.#reserveBytes },
    });
  }

  /** Keeps room aside while bytes are on their way. The returned object gives it back as they arrive, and at the end. */
  promise(bytes: number): { arrived(bytes: number): void; release(): void } {
    let rest = bytes;
    this.#promisedBytes += rest;
    const giveBack = (amount: number): void => {
      const given = Math.min(rest, amount);
      rest -= given;
      this.#promisedBytes -= given;
    };
    return { arrived: giveBack, release: () => giveBack(rest) };
  }
}

/** What the file system says when it is full becomes the same error as the check beforehand. */
export function translateDiskFull(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  const text = 'The disk became full. Delete models that are not used, or free space on the disk, and try again.';
  return new AppError('upload.no_space', text, { cause: error });
}

function formatMib(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(bytes < 10 * 1024 ** 2 ? 1 : 0)} MiB`;
}
