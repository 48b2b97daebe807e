import { AppError } from '#server/kernel/app-error.ts';
import { countFailure, decideWaitMs } from '#server/identity/sign-in-throttle.ts';
import type { Transaction } from '#server/store/database.ts';
import {
  findSignInFailures,
  forgetSignInFailures,
  pruneSignInFailures,
  saveSignInFailures,
} from '#server/store/sign-in-failure-store.ts';

const KEPT_MS = 2 * 60 * 60_000;

/** @throws AppError `auth.throttled` with the time to wait, when one of the subjects has failed too often */
export async function refuseIfThrottled(transaction: Transaction, subjects: readonly string[]): Promise<void> {
  const waits: number[] = [0];
  for (const subject of subjects) {
    waits.push(decideWaitMs(await findSignInFailures(transaction, subject), transaction.now));
  }
  const waitMs = Math.max(...waits);
  if (waitMs === 0) return;
  const seconds = Math.ceil(waitMs / 1000);
  throw new AppError('auth.throttled', `Too many attempts failed. Try again in ${seconds} s.`, {
    retryAfterSeconds: seconds,
  });
}

/** Counts an attempt as failed before it is made, so that many at once are not all free; a good one takes it back. */
export async function countAttempt(transaction: Transaction, subjects: readonly string[]): Promise<void> {
  await pruneSignInFailures(transaction, transaction.now - KEPT_MS);
  for (const subject of subjects) {
    const known = await findSignInFailures(transaction, subject);
    await saveSignInFailures(transaction, subject, countFailure(known, transaction.now));
  }
}

/** Takes one counted attempt back: an address keeps what others did from it. */
export async function uncountAttempt(transaction: Transaction, subject: string): Promise<void> {
  const known = await findSignInFailures(transaction, subject);
  if (known === null || known.failures <= 1) return forgetSignInFailures(transaction, subject);
  await saveSignInFailures(transaction, subject, { ...known, failures: known.failures - 1 });
}
