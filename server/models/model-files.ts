import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, link, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { ModelFile } from '#lib/contracts/model.ts';
import { assetNameSchema, assetVersionSchema } from '#lib/contracts/resource.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { randomName } from '#server/kernel/ids.ts';
import { translateDiskFull } from './disk-room.ts';
import type { ModelSource, SourceFile } from './model-source.ts';
import { syncFolder, TreeWriter } from './tree-writer.ts';

/** What a model version holds. */
export interface ModelContent {
  folder: string;
  files: ModelFile[];
  sizeBytes: number;
  /** Of the sorted manifest: equal for equal files under equal names. */
  sha256: string;
}

export interface ModelFiles {
  /** Where the files of a version lie, whether or not there are any. */
  folderOf(model: string, version: string): string;
  /**
   * Puts the files of a new version in place, all of them or none, durably, never to be changed. Done again with the same content it
   * changes nothing.
   * @throws AppError model.version_exists when other files are there; upload.no_space
   */
  materialise(source: ModelSource, model: string, version: string): Promise<ModelContent>;
  /** A tar stream of a version's files. @throws AppError model.not_found */
  download(model: string, version: string, files: readonly ModelFile[]): Promise<Readable>;
  /** One of a version's files, from its first byte on. @throws AppError `model.not_found` */
  openFile(model: string, version: string, file: ModelFile, firstBytes: number): Promise<Readable>;
  /** Removes the files of a version, and the model's folder with its last one. */
  remove(model: string, version: string): Promise<void>;
  /** Models that there are folders of. */
  listModels(): Promise<string[]>;
  /**
   * Removes what a crash left half-made or half-removed of a model, and the versions that nobody names. To be called while nothing else is done
   * with the model. @returns how many folders were removed
   */
  sweep(model: string, isNamed: (version: string) => Promise<boolean>): Promise<number>;
}

export const TEMPORARY = /^\..+\.tmp$/;

/** Codes of a folder that is gone already, or not empty. */
const NOT_REMOVED = new Set(['ENOENT', 'ENOTEMPTY', 'EEXIST']);

export function createModelFiles(root: string): ModelFiles {
  const folderOf = (model: string, version: string): string =>
    join(root, assetNameSchema.parse(model), assetVersionSchema.parse(version));
  return {
    folderOf,
    materialise: (source, model, version) => materialise(source, folderOf(model, version)),
    async download(model, version, files) {
      const folder = folderOf(model, version);
      if (!(await exists(folder))) throw new AppError('model.not_found', `The files of ${model}:${version} are gone.`);
      return packFiles(folder, files);
    },
    async openFile(model, version, file, firstBytes) {
      const path = join(folderOf(model, version), file.path);
      if (!(await exists(path))) throw new AppError('model.not_found', `The file ${file.path} is gone.`);
      return firstBytes === 0 ? Readable.from([]) : createReadStream(path, { end: firstBytes - 1 });
    },
    async remove(model, version) {
      const folder = folderOf(model, version);
      const doomed = temporaryBeside(folder);
      if (await exists(folder)) {
        // Renamed first: a crash in between leaves something that is cleaned up, not half a version.
        await rename(folder, doomed);
        await rm(doomed, { recursive: true, force: true });
      }
      await removeIfEmpty(join(folder, '..'));
    },
    async listModels() {
      return (await listFolders(root)).filter((name) => assetNameSchema.safeParse(name).success);
    },
    async sweep(model, isNamed) {
      const parent = join(root, assetNameSchema.parse(model));
      let removed = 0;
      for (const name of await listFolders(parent)) {
        if (!TEMPORARY.test(name) && (await isNamed(name))) continue;
        await rm(join(parent, name), { recursive: true, force: true });
        removed += 1;
      }
      await removeIfEmpty(parent);
      return removed;
    },
  };
}

async function listFolders(parent: string): Promise<string[]> {
  const found = await readdir(parent, { withFileTypes: true });
  return found.filter((item) => item.isDirectory()).map(({ name }) => name);
}

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (!NOT_REMOVED.has(error.code ?? '')) throw error;
  });
}

async function materialise(source: ModelSource, folder: string): Promise<ModelContent> {
  const parent = join(folder, '..');
  const temporary = temporaryBeside(folder);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  try {
    const files = await fillFolder(source, temporary);
    const content = describeContent(folder, files);
    if (await exists(folder)) {
      await assertSameContent(folder, content);
      return content;
    }
    await rename(temporary, folder);
    await syncFolder(parent);
    await syncFolder(join(parent, '..'));
    return content;
  } catch (error) {
    throw translateDiskFull(error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Writes every file of a source below a new folder, durably. */
export async function fillFolder({ files, immutable }: ModelSource, folder: string): Promise<ModelFile[]> {
  const writer = await TreeWriter.create(folder);
  const written: ModelFile[] = [];
  for (const file of files) written.push(await placeFile(writer, folder, file, immutable));
  await writer.syncFolders();
  return written.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function placeFile(
  writer: TreeWriter,
  folder: string,
  { from, segments }: SourceFile,
  immutable: boolean,
): Promise<ModelFile> {
  const path = segments.join('/');
  const target = join(folder, path);
  const linked = immutable && (await linkFile(writer, from, segments, target));
  const file = linked ? await hashOf(target, path) : await writer.writeFile(segments, readChunks(from));
  await chmod(target, 0o444);
  return file;
}

/** Opened only when it is read: a stream that fails before anybody listens would end the process. */
async function* readChunks(path: string): AsyncGenerator<Buffer, void, undefined> {
  yield* createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>;
}

/** A second name costs no room. @returns false where the file system has none to give */
async function linkFile(writer: TreeWriter, from: string, segments: string[], target: string): Promise<boolean> {
  await writer.makeDirectory(segments.slice(0, -1));
  try {
    await link(from, target);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EXDEV' || code === 'EPERM' || code === 'EMLINK' || code === 'ENOTSUP') return false;
    throw error;
  }
}

/** The hash is computed anew and not taken from the upload: what is deployed is what was hashed. */
async function hashOf(target: string, path: string): Promise<ModelFile> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of readChunks(target)) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { path, size_bytes: sizeBytes, sha256: hash.digest('hex') };
}

/** The content of a folder from its manifest. */
export function describeContent(folder: string, files: ModelFile[]): ModelContent {
  const manifest = files.map(({ path, size_bytes, sha256 }) => `${sha256} ${size_bytes} ${path}\n`).join('');
  return {
    folder,
    files,
    sizeBytes: files.reduce((sum, { size_bytes }) => sum + size_bytes, 0),
    sha256: createHash('sha256').update(manifest).digest('hex'),
  };
}

async function assertSameContent(folder: string, { files, sha256 }: ModelContent): Promise<void> {
  const paths = await listPaths(folder, '');
  const found = await Promise.all(
    paths.toSorted().map(async (path) => ({ path, size: (await stat(join(folder, path))).size })),
  );
  const sameNames = found.length === files.length && found.every(({ path }, index) => path === files[index]!.path);
  const sameSizes = sameNames && found.every(({ size }, index) => size === files[index]!.size_bytes);
  if (sameSizes) {
    const there: ModelFile[] = [];
    for (const { path } of found) there.push(await hashOf(join(folder, path), path));
    if (describeContent(folder, there).sha256 === sha256) return;
  }
  throw new AppError(
    'model.version_exists',
    'This version exists with other files. Register the files as a new version.',
  );
}

/** Paths of every file below a folder. */
export async function listPaths(folder: string, prefix: string): Promise<string[]> {
  const paths: string[] = [];
  for (const item of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = prefix === '' ? item.name : `${prefix}/${item.name}`;
    if (item.isDirectory()) paths.push(...(await listPaths(folder, path)));
    else paths.push(path);
  }
  return paths;
}

/** Equal versions give equal bytes: order, times and owners are fixed. */
function packFiles(folder: string, files: readonly ModelFile[]): Readable {
  const tar = pack();
  const fill = async (): Promise<void> => {
    for (const file of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
      const entry = tar.entry({ name: file.path, size: file.size_bytes, mode: 0o644, mtime: new Date(0) });
      await pipeline(createReadStream(join(folder, file.path)), entry);
    }
    tar.finalize();
  };
  fill().catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))));
  return Readable.from(tar as unknown as AsyncIterable<Buffer>, { objectMode: false });
}

/** A name beside a folder that sweeping recognises as half-made. */
export const temporaryBeside = (folder: string): string =>
  join(folder, '..', `.${folder.slice(folder.lastIndexOf('/') + 1)}.${randomName(8)}.tmp`);

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
