/** What a walker finds. The body is to be read before the next entry is asked for; what is left of it is skipped. */
export interface ArchiveEntry {
  /** As written in the archive: not checked, not normalised. */
  name: string;
  kind: 'file' | 'directory';
  /** As announced; a body of another size ends the walk with an error. */
  sizeBytes: number;
  body: AsyncIterable<Uint8Array>;
}

export type ArchiveKind = 'zip' | 'tar' | 'tar.gz';

const KINDS: readonly [RegExp, ArchiveKind][] = [
  [/\.zip$/i, 'zip'],
  [/\.tar$/i, 'tar'],
  [/\.(tar\.gz|tgz)$/i, 'tar.gz'],
];
const UNSUPPORTED = /\.(tar\.(bz2|xz|zst|lz|lzma|z)|tbz2?|txz|tzst|7z|rar)$/i;

/**
 * Whether a file is an archive, by its name alone: many model formats (`.pt`, `.npz`, `.keras`) are zip files inside and must stay whole.
 * `unsupported` are archives of a kind that is not unpacked.
 */
export function archiveKindOf(filename: string): ArchiveKind | 'unsupported' | null {
  if (UNSUPPORTED.test(filename)) return 'unsupported';
  return KINDS.find(([pattern]) => pattern.test(filename))?.[1] ?? null;
}
