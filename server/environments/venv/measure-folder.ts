import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface MeasureOptions {
  /** Counts only files that no other folder links to: what removing the folder would free. */
  onlyUnshared?: boolean;
}

/** Questions to the file system that are under way at a time. */
const BATCH = 64;

/** Bytes that a folder takes on the disk; a file with several links inside it counts once. */
export async function measureFolder(folder: string, { onlyUnshared = false }: MeasureOptions = {}): Promise<number> {
  const files = (await readdir(folder, { withFileTypes: true, recursive: true })).filter((entry) => entry.isFile());
  const seen = new Set<string>();
  let bytes = 0;
  for (let start = 0; start < files.length; start += BATCH) {
    const batch = files.slice(start, start + BATCH).map(({ parentPath, name }) => lstat(join(parentPath, name)));
    for (const { ino, dev, nlink, blocks } of await Promise.all(batch)) {
      const id = `${dev}:${ino}`;
      if (nlink > 1 && (onlyUnshared || seen.has(id))) continue;
      if (nlink > 1) seen.add(id);
      bytes += blocks * 512;
    }
  }
  return bytes;
}
