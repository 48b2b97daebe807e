import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { AppError } from '#server/kernel/app-error.ts';

/** After so many bytes they are synced and counted as received: what a power cut costs at most. */
export const CHECKPOINT_BYTES = 64 * 1024 * 1024;

export interface AppendOptions {
  path: string;
  /** Where the bytes go; whatever the file holds beyond it was never acknowledged and is cut off. */
  offset: number;
  /** Largest size that the file may reach. */
  limit: number;
  body: AsyncIterable<Uint8Array>;
  hashes: RunningHashes;
  /** Called once the bytes up to a position are safe on the disk. */
  onDurable: (position: number) => Promise<void>;
}

/**
 * Appends a stream to a file, in constant memory and with back-pressure. However it ends, what arrived is synced and reported before the
 * error goes on, so that the sender can go on from there.
 * @throws AppError request.too_large, and what the stream or the file system throws
 */
export async function appendDurably(options: AppendOptions): Promise<void> {
  const file = await open(options.path, 'r+');
  try {
    await file.truncate(options.offset);
    await appendTo(file, options);
  } finally {
    await file.close();
  }
}

async function appendTo(file: FileHandle, { offset, limit, body, hashes, path, onDurable }: AppendOptions) {
  const hash = hashes.take(path, offset);
  let [position, durable] = [offset, offset];
  const checkpoint = async (): Promise<void> => {
    await file.datasync();
    durable = position;
    await onDurable(position);
  };
  try {
    for await (const chunk of body) {
      if (position + chunk.length > limit) throw tooManyBytes(limit);
      for (let done = 0; done < chunk.length;)
        done += (await file.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
      hash?.update(chunk);
      position += chunk.length;
      if (position - durable >= CHECKPOINT_BYTES) await checkpoint();
    }
  } finally {
    if (hash !== null) hashes.keep(path, position, hash);
    await checkpoint();
  }
}

/** SHA-256 in hex and size of a stream that is not kept. @throws AppError request.too_large, and what the stream throws */
export async function digestBytes(
  body: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<{ sha256: string; sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > limit) throw tooManyBytes(limit);
    hash.update(chunk);
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

function tooManyBytes(limit: number): AppError {
  return new AppError('request.too_large', `More bytes came than the ${limit} that were announced or are allowed.`);
}

/** SHA-256 of files that are still growing, kept from one append to the next. After a restart the file is read once instead. */
export class RunningHashes {
  readonly #hashes = new Map<string, { position: number; hash: Hash }>();

  /** The hash of the file's first `position` bytes, to be updated and kept again; null when it is not known. */
  take(path: string, position: number): Hash | null {
    if (position === 0) return createHash('sha256');
    const known = this.#hashes.get(path);
    this.#hashes.delete(path);
    return known?.position === position ? known.hash : null;
  }

  keep(path: string, position: number, hash: Hash): void {
    this.#hashes.set(path, { position, hash });
  }

  forget(path: string): void {
    this.#hashes.delete(path);
  }

  /** The digest of the whole file, in hex. */
  async digest(path: string, size: number): Promise<string> {
    const hash = this.take(path, size) ?? (await hashFile(path));
    return hash.digest('hex');
  }
}

async function hashFile(path: string): Promise<Hash> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash;
}
