import { AppError } from '#server/kernel/app-error.ts';

/** Bounds of what an archive may hold. */
export interface ArchiveLimits {
  maxEntries: number;
  /** Folders above a file. */
  maxDepth: number;
  maxFileBytes: number;
  maxTotalBytes: number;
  /** Unpacked bytes for each packed byte. */
  maxRatio: number;
  /** The ratio counts from this many unpacked bytes on: small files of zeros are not bombs. */
  ratioFloorBytes: number;
  maxDurationMs: number;
}

const GIB = 1024 ** 3;

export const DEFAULT_ARCHIVE_LIMITS: ArchiveLimits = {
  maxEntries: 10_000,
  maxDepth: 32,
  maxFileBytes: 100 * GIB,
  maxTotalBytes: 200 * GIB,
  maxRatio: 100,
  ratioFloorBytes: 64 * 1024 ** 2,
  maxDurationMs: 30 * 60_000,
};

/**
 * The error of an archive that is not taken.
 * @param what is wrong, as the rest of a sentence that begins with the entry (or "The archive")
 * @param remedy one sentence that says what to do
 */
export function refuseArchive(entry: string | null, what: string, remedy: string, cause?: unknown): AppError {
  const subject = entry === null ? 'The archive' : `The entry ${JSON.stringify(shorten(entry))}`;
  const details = entry === null ? { reason: what } : { reason: what, entry: shorten(entry) };
  const detail = `${subject} ${what}. Nothing of the archive was kept. ${remedy}`;
  return new AppError('upload.archive_refused', detail, { details, cause });
}

/** Names may be of any length and are shown to people. */
function shorten(name: string): string {
  return name.length <= 200 ? name : `${name.slice(0, 197)}…`;
}
