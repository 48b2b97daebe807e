import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, sep } from 'node:path';
import { AppError } from '#server/kernel/app-error.ts';
import type { Uploads } from './uploads.ts';

/** A file that a model is to hold: where it is now, and its path inside the model. */
export interface SourceFile {
  from: string;
  segments: string[];
}

export interface ModelSource {
  files: SourceFile[];
  /** Whether the files never change where they are, so that a second name for them is as good as a copy. */
  immutable: boolean;
}

export interface ModelSourceDeps {
  uploads: Pick<Uploads, 'openForModel'>;
  /** Folder of a bundled sample, or null when there is none with that id. */
  sampleFolder: (id: string) => string | null;
  /** Folders that `file:` paths may lie in. */
  allowedRoots: readonly string[];
}

const MAX_FILES = 10_000;
const MAX_DEPTH = 32;

/**
 * Finds the files behind a model's `path`: `upload:<id>`, `sample:<id>` or `file:<absolute path>`. The content of an upload or sample is kept
 * as it is; a folder named by `file:` becomes the one top entry.
 * @throws AppError model.path_not_allowed, upload.not_found, upload.in_use, upload.archive_refused, model.not_found
 */
export async function openModelSource(path: string, deps: ModelSourceDeps): Promise<ModelSource> {
  const [, scheme, rest] = /^([a-z0-9]+):(.+)$/s.exec(path) ?? [];
  if (scheme === 'upload') {
    const { folder, files } = await deps.uploads.openForModel(rest!);
    return {
      immutable: true,
      files: files.map((file) => ({ from: join(folder, file.path), segments: file.path.split('/') })),
    };
  }
  if (scheme === 'sample') {
    const folder = deps.sampleFolder(rest!);
    if (folder === null)
      throw new AppError(
        'model.not_found',
        `There is no sample ${JSON.stringify(rest)}. GET /samples lists those that there are.`,
      );
    return { immutable: false, files: await listFiles(folder, [], [await realpath(folder)]) };
  }
  if (scheme === 'file') return { immutable: false, files: await openFilePath(rest!, deps.allowedRoots) };
  const text = `${JSON.stringify(path)} is no path of a model. Use upload:<id>, sample:<id>, file:<absolute path>, or https:, s3:, models:, runs: or hf: for one that lies elsewhere.`;
  throw new AppError('model.path_not_allowed', text);
}

async function openFilePath(path: string, allowedRoots: readonly string[]): Promise<SourceFile[]> {
  const roots = (await Promise.all(allowedRoots.map((root) => realpath(root).catch(() => null)))).filter(
    (root) => root !== null,
  );
  const real = isAbsolute(path) ? await realpath(path).catch(() => null) : null;
  // One answer for what is not there and what may not be seen, so that nobody maps the disk with it.
  if (real === null || !isInside(real, roots)) throw notAllowed(path);
  if ((await stat(real)).isFile()) return [{ from: real, segments: [basename(path)] }];
  return listFiles(real, [basename(real)], roots);
}

/** Every file below a folder. Links are followed only to files and folders inside the roots. */
async function listFiles(folder: string, segments: string[], roots: readonly string[]): Promise<SourceFile[]> {
  if (segments.length > MAX_DEPTH) throw new AppError('model.path_not_allowed', 'The folder is nested too deep.');
  const files: SourceFile[] = [];
  for (const name of (await readdir(folder)).toSorted()) {
    const path = join(folder, name);
    const real = (await lstat(path)).isSymbolicLink() ? await realpath(path).catch(() => null) : path;
    if (real === null || !isInside(real, roots)) throw notAllowed(path);
    const found = await stat(real);
    if (found.isDirectory()) files.push(...(await listFiles(real, [...segments, name], roots)));
    else if (found.isFile()) files.push({ from: real, segments: [...segments, name] });
    else throw new AppError('model.path_not_allowed', `${JSON.stringify(path)} is neither a file nor a folder.`);
    if (files.length > MAX_FILES)
      throw new AppError('model.path_not_allowed', `The folder holds more than ${MAX_FILES} files.`);
  }
  return files;
}

function isInside(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep));
}

function notAllowed(path: string): AppError {
  const text =
    `${JSON.stringify(path)} does not exist inside the folders that models may be read from. ` +
    'The operator names those folders in VIRIDIAN_MODEL_PATH_ALLOW; or upload the model instead.';
  return new AppError('model.path_not_allowed', text);
}
