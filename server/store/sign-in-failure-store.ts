import { eq, lt } from 'drizzle-orm';
import { signInFailures } from '#drizzle/schema/sign-in-failures.ts';
import type { Reader, Transaction } from './database.ts';

export interface SignInFailures {
  failures: number;
  lastAt: number;
}

export async function findSignInFailures(reader: Reader, subject: string): Promise<SignInFailures | null> {
  return reader.orm.select().from(signInFailures).where(eq(signInFailures.subject, subject)).get() ?? null;
}

export async function saveSignInFailures(
  transaction: Transaction,
  subject: string,
  failures: SignInFailures,
): Promise<void> {
  transaction.orm
    .insert(signInFailures)
    .values({ subject, failures: failures.failures, lastAt: failures.lastAt })
    .onConflictDoUpdate({
      target: signInFailures.subject,
      set: { failures: failures.failures, lastAt: failures.lastAt },
    })
    .run();
}

export async function forgetSignInFailures(transaction: Transaction, subject: string): Promise<void> {
  transaction.orm.delete(signInFailures).where(eq(signInFailures.subject, subject)).run();
}

/** Forgets what happened before an instant, so that made-up addresses do not fill the table. */
export async function pruneSignInFailures(transaction: Transaction, before: number): Promise<void> {
  transaction.orm.delete(signInFailures).where(lt(signInFailures.lastAt, before)).run();
}
