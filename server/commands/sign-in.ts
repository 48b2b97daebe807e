import type { z } from 'zod';
import type { signInSchema } from '#lib/contracts/identity.ts';
import type { UserRecord } from '#server/domain/user.ts';
import { verifyPassword } from '#server/identity/password-hash.ts';
import { countFailure, decideWaitMs, throttleKeyOf } from '#server/identity/sign-in-throttle.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Database } from '#server/store/database.ts';
import { findSignInFailures, forgetSignInFailures, saveSignInFailures } from '#server/store/sign-in-failure-store.ts';
import { findUserByEmail } from '#server/store/user-store.ts';

/**
 * Checks e-mail and password, counted by account and by address. An account that does not exist takes the same path and the same time.
 * @throws AppError auth.throttled with the seconds to wait, or auth.invalid_credentials
 */
export async function signIn(
  database: Database,
  attempt: z.infer<typeof signInSchema>,
  now: number,
): Promise<UserRecord> {
  const subjects = [`account:${attempt.email.toLowerCase()}`, throttleKeyOf(attempt.address)];
  await refuseTooEarly(database, subjects, now);
  const user = await findUserByEmail(database, attempt.email);
  const fits = await verifyPassword(user?.passwordHash ?? null, attempt.password);
  if (user === null || !fits) {
    await rememberFailure(database, subjects, attempt.email);
    throw new AppError('auth.invalid_credentials', 'E-mail or password is wrong.');
  }
  await database.transact(async (transaction) => {
    for (const subject of subjects) await forgetSignInFailures(transaction, subject);
    await recordAudit(transaction, {
      actor: { name: user.email },
      action: 'session.create',
      object: `/users/${user.id}`,
    });
  });
  return user;
}

async function refuseTooEarly(database: Database, subjects: readonly string[], now: number): Promise<void> {
  const waits = await Promise.all(
    subjects.map(async (subject) => decideWaitMs(await findSignInFailures(database, subject), now)),
  );
  const waitMs = Math.max(...waits);
  if (waitMs === 0) return;
  const seconds = Math.ceil(waitMs / 1000);
  throw new AppError('auth.throttled', `Too many failed attempts. Try again in ${seconds} s.`, {
    retryAfterSeconds: seconds,
  });
}

async function rememberFailure(database: Database, subjects: readonly string[], email: string): Promise<void> {
  await database.transact(async (transaction) => {
    for (const subject of subjects) {
      const known = await findSignInFailures(transaction, subject);
      await saveSignInFailures(transaction, subject, countFailure(known, transaction.now));
    }
    await recordAudit(transaction, { actor: { name: email }, action: 'session.refuse', object: '/users' });
  });
}
