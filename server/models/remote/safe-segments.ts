import { AppError } from '#server/kernel/app-error.ts';
import { DEFAULT_ARCHIVE_LIMITS } from '../archive-refusal.ts';
import { parseEntryName } from '../entry-name.ts';

/**
 * The parts of a path that a server names; servers are believed no more than archives are.
 * @throws AppError model.source_broken for a path that could mean another place
 */
export function safeSegments(path: string): string[] {
  try {
    const segments = parseEntryName(path, DEFAULT_ARCHIVE_LIMITS.maxDepth);
    if (segments.length > 0) return segments;
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    const what = String(cause.details?.['reason'] ?? 'cannot be a file');
    throw new AppError(
      'model.source_broken',
      `The source names a file ${JSON.stringify(path.slice(0, 200))}, which ${what}.`,
      { cause },
    );
  }
  throw new AppError('model.source_broken', 'The source names a file without a name.');
}
