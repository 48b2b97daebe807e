import type { Precondition } from '#server/commands/check-precondition.ts';

/** The ETag of a revision (RFC 9110 section 8.8.3): a strong validator. */
export function formatEtag(revision: number): string {
  return `"${revision}"`;
}

/** Reads `If-Match` and `If-None-Match: *` (RFC 9110 section 13.1). A tag that no revision ever had matches nothing. */
export function parsePrecondition(headers: {
  'if-match'?: string | undefined;
  'if-none-match'?: string | undefined;
}): Precondition {
  return { ifMatch: parseIfMatch(headers['if-match']), createOnly: headers['if-none-match']?.trim() === '*' };
}

function parseIfMatch(header: string | undefined): Precondition['ifMatch'] {
  if (header === undefined) return null;
  if (header.trim() === '*') return 'any';
  return header.split(',').flatMap((tag) => {
    const revision = /^"(\d+)"$/.exec(tag.trim())?.[1];
    return revision === undefined ? [] : [Number(revision)];
  });
}
