import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface MeasureOptions {
  /** Counts only files that no other folder links to: what removing the folder would free. */
  onlyUnshared?: boolean;
}

/** Bytes that a folder takes on the disk; a file with several links inside it counts once. */
export async function measureFolder(folder: string, { onlyUnshared = false }: MeasureOptions = {}): Promise<number> {
  const seen = new Set<string>();
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const { ino, dev, nlink, blocks } = await lstat(join(entry.parentPath, entry.name));
    if (nlink > 1) {
      if (onlyUnshared || seen.has(`${dev}:${ino}`)) continue;
      seen.add(`${dev}:${ino}`);
    }
    bytes += blocks * 512;
  }
  return bytes;
}
