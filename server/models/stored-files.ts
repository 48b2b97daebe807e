import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelFile } from '#lib/contracts/model.ts';
import { translateDiskFull } from './disk-room.ts';
import { describeContent, exists, fillFolder, listPaths, TEMPORARY, temporaryBeside } from './model-files.ts';
import type { ModelSource } from './model-source.ts';
import { syncFolder } from './tree-writer.ts';

/** Files that were put away: code of a deployment, a build context, a saved image. */
export interface StoredFileSet {
  /** Hash of names and content, 64 hex digits: the same files are stored once. */
  id: string;
  folder: string;
  files: ModelFile[];
}

export interface StoredFiles {
  root: string;
  folderOf(id: string): string;
  has(id: string): Promise<boolean>;
  /** Paths of the files inside, sorted. */
  list(id: string): Promise<string[]>;
  /** Puts files away, all of them or none, durably, never to be changed. @throws AppError upload.no_space */
  store(source: ModelSource): Promise<StoredFileSet>;
  /** Removes what nobody names and nobody put away lately. @returns how many were removed */
  sweep(isNamed: (id: string) => boolean, olderThanMs: number): Promise<number>;
}

const ID = /^[0-9a-f]{64}$/;
/** What rename(2) says of a folder that is there and holds something. */
const IS_THERE = new Set(['ENOTEMPTY', 'EEXIST']);

/** Files by the hash of their content, each set in a folder of its own. */
export function createStoredFiles(root: string): StoredFiles {
  const folderOf = (id: string): string => {
    if (!ID.test(id)) throw new Error(`${JSON.stringify(id)} is no hash of stored files.`);
    return join(root, id);
  };
  return {
    root,
    folderOf,
    has: async (id) => ID.test(id) && exists(folderOf(id)),
    list: async (id) => (await listPaths(folderOf(id), '')).toSorted(),
    store: (source) => store(root, source),
    async sweep(isNamed, olderThanMs) {
      let removed = 0;
      for (const name of await readdir(root)) {
        const known = ID.test(name) && isNamed(name);
        if (known || (!ID.test(name) && !TEMPORARY.test(name))) continue;
        const { mtimeMs } = await stat(join(root, name));
        if (mtimeMs > olderThanMs) continue;
        await rm(join(root, name), { recursive: true, force: true });
        removed += 1;
      }
      return removed;
    },
  };
}

async function store(root: string, source: ModelSource): Promise<StoredFileSet> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const temporary = temporaryBeside(join(root, 'files'));
  try {
    const files = await fillFolder(source, temporary);
    const { sha256: id } = describeContent(temporary, files);
    const folder = join(root, id);
    if (!(await exists(folder)) && (await movesTo(temporary, folder))) await syncFolder(root);
    else await makeYounger(folder);
    return { id, folder, files };
  } catch (error) {
    throw translateDiskFull(error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** @returns false when somebody else stored the same files in between */
async function movesTo(temporary: string, folder: string): Promise<boolean> {
  try {
    await rename(temporary, folder);
    return true;
  } catch (error) {
    if (IS_THERE.has((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** So that a sweep leaves files that are stored once more and not named yet. */
async function makeYounger(folder: string): Promise<void> {
  const now = new Date();
  await utimes(folder, now, now);
}
