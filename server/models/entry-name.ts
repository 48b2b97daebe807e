import { refuseArchive } from './archive-refusal.ts';

const MAX_SEGMENT_BYTES = 255;
const MAX_PATH_BYTES = 1024;
/** Names that are devices on Windows, with or without an extension. */
const RESERVED_NAME = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$/i;
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/;
const RENAME = 'Rename it and pack the folder again.';

/**
 * The parts of an entry's path, without empty and `.` parts. A folder entry for the archive's own root has none.
 * @throws AppError upload.archive_refused when the name could mean another place on any system
 */
export function parseEntryName(name: string, maxDepth: number): string[] {
  const repack = 'Pack the folder with relative paths (for example `tar -C parent -czf model.tar.gz folder`).';
  if (CONTROL_CHARACTER.test(name)) throw refuseArchive(name, 'has a control character in its name', RENAME);
  if (name.includes('\\')) throw refuseArchive(name, 'has a backslash in its name', 'Use "/" between folders.');
  if (name.includes('\u{fffd}') || !name.isWellFormed())
    throw refuseArchive(name, 'has a name that is not valid UTF-8', RENAME);
  if (name.startsWith('/')) throw refuseArchive(name, 'has an absolute path', repack);
  if (/^[a-z]:/i.test(name)) throw refuseArchive(name, 'has a drive letter in its path', repack);
  const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) throw refuseArchive(name, 'points outside the archive with ".."', repack);
  if (segments.length > maxDepth + 1)
    throw refuseArchive(name, `lies deeper than ${maxDepth} folders`, 'Flatten the folder and pack it again.');
  if (Buffer.byteLength(segments.join('/')) > MAX_PATH_BYTES)
    throw refuseArchive(name, `has a path of more than ${MAX_PATH_BYTES} bytes`, RENAME);
  for (const segment of segments) assertSegment(name, segment);
  return segments;
}

function assertSegment(name: string, segment: string): void {
  if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES)
    throw refuseArchive(name, `has a name of more than ${MAX_SEGMENT_BYTES} bytes`, RENAME);
  if (RESERVED_NAME.test(segment)) throw refuseArchive(name, `has the reserved name "${segment}"`, RENAME);
  if (/[. ]$/.test(segment)) throw refuseArchive(name, 'has a name that ends with a dot or a space', RENAME);
}

/** Every path of an archive, compared as the least discerning file systems do: without case, in one Unicode form. */
export class PathRegistry {
  readonly #paths = new Map<string, { path: string; kind: 'file' | 'directory' }>();

  /** @throws AppError upload.archive_refused when the file, or one like it, is there already */
  addFile(segments: readonly string[]): void {
    this.#addParents(segments);
    const path = segments.join('/');
    const known = this.#paths.get(foldPath(path));
    if (known !== undefined) throw refuseDuplicate(path, known.path);
    this.#paths.set(foldPath(path), { path, kind: 'file' });
  }

  /** A folder may come more than once, always spelt the same. */
  addDirectory(segments: readonly string[]): void {
    this.#addParents([...segments, '']);
  }

  #addParents(segments: readonly string[]): void {
    for (let depth = 1; depth < segments.length; depth += 1) {
      const path = segments.slice(0, depth).join('/');
      const known = this.#paths.get(foldPath(path));
      if (known !== undefined && (known.kind !== 'directory' || known.path !== path))
        throw refuseDuplicate(path, known.path);
      this.#paths.set(foldPath(path), { path, kind: 'directory' });
    }
  }
}

function foldPath(path: string): string {
  return path.normalize('NFC').toLowerCase().normalize('NFC');
}

function refuseDuplicate(path: string, other: string): Error {
  const what = path === other ? 'is there twice' : `differs from "${other}" only by case or Unicode form`;
  return refuseArchive(path, what, 'Give every file a name of its own and pack the folder again.');
}
