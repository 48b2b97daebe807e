import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Header, type Pack } from 'tar-stream';
import { compileDockerignore, type IgnoreRules } from './dockerignore.ts';

const IGNORE_FILE = '.dockerignore';

export interface ContextOptions {
  folder: string;
  /** Relative path of the Dockerfile; it is sent even where it is ignored. */
  dockerfile: string;
  /** Files that are not in the folder, by their path in the context. */
  extra: Readonly<Record<string, Buffer>>;
}

/**
 * The build context as the engine takes it: a tar of the folder without what `.dockerignore` leaves out. Nothing is held in memory but the file
 * that is on its way. Whoever reads it sees failures as the stream's error.
 */
export async function packContext({ folder, dockerfile, extra }: ContextOptions): Promise<Readable> {
  const ignored = await readIgnoreRules(folder);
  const archive = pack();
  const kept = (path: string): boolean => path === dockerfile || path === IGNORE_FILE || !ignored(path);
  void fill(archive, folder, kept, extra).catch((error: unknown) => archive.destroy(error as Error));
  return archive as unknown as Readable;
}

async function readIgnoreRules(folder: string): Promise<IgnoreRules> {
  try {
    return compileDockerignore(await readFile(join(folder, IGNORE_FILE), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return () => false;
    throw error;
  }
}

async function fill(
  archive: Pack,
  folder: string,
  kept: (path: string) => boolean,
  extra: Readonly<Record<string, Buffer>>,
): Promise<void> {
  for (const path of await listFiles(folder)) if (kept(path)) await addEntry(archive, folder, path);
  for (const [name, content] of Object.entries(extra)) archive.entry({ name }, content);
  archive.finalize();
}

/** Every path below a folder, folders before what is in them, in order. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.map((entry) => relative(folder, join(entry.parentPath, entry.name))).toSorted();
}

/** Owners and groups of this host mean nothing in an image. */
async function addEntry(archive: Pack, folder: string, path: string): Promise<void> {
  const full = join(folder, path);
  const stats = await lstat(full);
  const header: Partial<Header> & { name: string } = {
    name: path,
    mode: stats.mode & 0o777,
    mtime: stats.mtime,
    uid: 0,
    gid: 0,
  };
  if (stats.isDirectory()) {
    archive.entry({ ...header, type: 'directory' });
  } else if (stats.isSymbolicLink()) {
    archive.entry({ ...header, type: 'symlink', linkname: await readlink(full) });
  } else if (stats.isFile()) {
    await pipeline(createReadStream(full), archive.entry({ ...header, size: stats.size }));
  }
}
