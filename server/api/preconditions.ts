import { AppError } from '#server/kernel/app-error.ts';

/** The ETag of a revision (RFC 9110 section 8.8.3): a strong validator. */
export function formatEtag(revision: number): string {
  return `"${revision}"`;
}

/**
 * The revision that `If-Match` asks for; null where there is no condition (`*` is met by everything that exists).
 * @throws AppError request.precondition_failed for a tag that no revision of ours ever had
 */
export function parseIfMatch(header: string | undefined): number | null {
  if (header === undefined || header.trim() === '*') return null;
  const revision = /^(?:W\/)?"(\d+)"$/.exec(header.trim())?.[1];
  if (revision === undefined) {
    throw new AppError(
      'request.precondition_failed',
      `If-Match ${header} matches no revision. Send the ETag as it was answered, with its quotes.`,
    );
  }
  return Number(revision);
}
