import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface TextFile {
  path: string;
  sizeBytes: number;
  /** Null for what is no UTF-8, and for what is more than may be read. */
  text: string | null;
}

/**
 * Reads files one after the other, as long as all texts together stay within a limit.
 * @param paths inside the folder
 */
export async function readTexts(folder: string, paths: readonly string[], mostBytes: number): Promise<TextFile[]> {
  const files: TextFile[] = [];
  let left = mostBytes;
  for (const path of paths) {
    const { size: sizeBytes } = await stat(join(folder, path));
    const text = sizeBytes > left ? null : parseText(await readFile(join(folder, path)));
    if (text !== null) left -= sizeBytes;
    files.push({ path, sizeBytes, text });
  }
  return files;
}

/** A byte of zero is valid UTF-8 and in no text that somebody wrote. */
function parseText(bytes: Buffer): string | null {
  if (bytes.includes(0)) return null;
  try {
    // A byte order mark stays in the text, so that what is written back is what was read.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
