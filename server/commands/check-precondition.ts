import { AppError } from '#server/kernel/app-error.ts';

/** `If-Match` and `If-None-Match` of a write. */
export interface Precondition {
  /** Revisions that may be replaced, `any` for `*`; null without the header. */
  ifMatch: readonly number[] | 'any' | null;
  /** `If-None-Match: *`: only make, never replace. */
  createOnly: boolean;
}

export const NO_PRECONDITION: Precondition = { ifMatch: null, createOnly: false };

/**
 * Checks a write against the revision at hand; null when the object does not exist (RFC 9110 section 13.2).
 * @throws AppError `request.precondition_failed`
 */
export function checkPrecondition(precondition: Precondition, revision: number | null): void {
  if (precondition.createOnly && revision !== null) {
    throw new AppError('request.precondition_failed', 'It exists already, and If-None-Match: * asked to make it.');
  }
  const { ifMatch } = precondition;
  if (ifMatch === null) return;
  if (revision === null) {
    throw new AppError('request.precondition_failed', 'It does not exist, and If-Match asked to change it.');
  }
  if (ifMatch !== 'any' && !ifMatch.includes(revision)) {
    throw new AppError(
      'request.precondition_failed',
      `It has changed: its revision is ${revision}. Read it again and decide anew.`,
      { details: { revision } },
    );
  }
}
