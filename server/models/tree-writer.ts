import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFile } from '#lib/contracts/model.ts';

/** Never through a link, never over something that is there. */
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Writes files below a folder that it makes itself and that nobody else knows yet, hashing while it writes. Everybody may read them: the data
 * directory around them keeps other users out, and a container that is given the folder runs as somebody else.
 */
export class TreeWriter {
  readonly #root: string;
  readonly #made = new Set<string>();
  readonly #files: ModelFile[] = [];

  private constructor(root: string) {
    this.#root = root;
  }

  /** @throws when the folder is already there: what it holds could redirect what is written */
  static async create(root: string): Promise<TreeWriter> {
    await mkdir(root, { mode: 0o755 });
    return new TreeWriter(root);
  }

  /** Every file so far, by path. */
  files(): ModelFile[] {
    return this.#files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Makes the names durable; the content of each file already is. */
  async syncFolders(): Promise<void> {
    for (const path of ['', ...this.#made]) await syncFolder(join(this.#root, path));
  }

  async makeDirectory(segments: readonly string[]): Promise<void> {
    for (let depth = 1; depth <= segments.length; depth += 1) {
      const path = segments.slice(0, depth).join('/');
      if (this.#made.has(path)) continue;
      await mkdir(join(this.#root, path), { mode: 0o755 });
      this.#made.add(path);
    }
  }

  /** @param onBytes is told of every chunk before it is written, and may throw */
  async writeFile(
    segments: readonly string[],
    body: AsyncIterable<Uint8Array>,
    onBytes: (bytes: number) => void | Promise<void> = () => undefined,
  ): Promise<ModelFile> {
    await this.makeDirectory(segments.slice(0, -1));
    const path = segments.join('/');
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const file = await open(join(this.#root, path), CREATE, 0o600);
    try {
      for await (const chunk of body) {
        await onBytes(chunk.length);
        hash.update(chunk);
        for (let done = 0; done < chunk.length;)
          done += (await file.write(chunk, done, chunk.length - done)).bytesWritten;
        sizeBytes += chunk.length;
      }
      await file.datasync();
    } finally {
      await file.close();
    }
    const written = { path, size_bytes: sizeBytes, sha256: hash.digest('hex') };
    this.#files.push(written);
    return written;
  }
}
