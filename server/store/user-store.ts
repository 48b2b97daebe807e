import { asc, eq, ne } from 'drizzle-orm';
import { users } from '#drizzle/schema/users.ts';
import { userPath } from '#server/domain/resource-path.ts';
import type { UserRecord } from '#server/domain/user.ts';
import { recordChange } from './change-feed.ts';
import type { Reader, Transaction } from './database.ts';

export async function findUser(reader: Reader, id: string): Promise<UserRecord | null> {
  return (reader.orm.select().from(users).where(eq(users.id, id)).get() as UserRecord | undefined) ?? null;
}

/** E-mail addresses are compared in lower case. */
export async function findUserByEmail(reader: Reader, email: string): Promise<UserRecord | null> {
  const row = reader.orm.select().from(users).where(eq(users.email, email.toLowerCase())).get();
  return (row as UserRecord | undefined) ?? null;
}

/** The one who was there first. */
export async function findFirstUser(reader: Reader): Promise<UserRecord | null> {
  const row = reader.orm.select().from(users).orderBy(asc(users.createdAt), asc(users.id)).limit(1).get();
  return (row as UserRecord | undefined) ?? null;
}

/** Whether nobody can sign in yet: accounts without a password belong to automation. */
export async function needsFirstUser(reader: Reader): Promise<boolean> {
  return reader.orm.select({ id: users.id }).from(users).where(ne(users.passwordHash, '')).limit(1).get() === undefined;
}

export type NewUser = Pick<UserRecord, 'id' | 'email' | 'name' | 'role' | 'passwordHash'>;

export async function insertUser(transaction: Transaction, made: NewUser): Promise<UserRecord> {
  const row = transaction.orm
    .insert(users)
    .values({
      ...made,
      email: made.email.toLowerCase(),
      createdAt: transaction.now,
      updatedAt: transaction.now,
    })
    .returning()
    .get();
  await recordChange(transaction, { resource: userPath(made.id), kind: 'created', revision: null });
  return row as UserRecord;
}

export async function updateUserPassword(transaction: Transaction, id: string, passwordHash: string): Promise<void> {
  transaction.orm.update(users).set({ passwordHash, updatedAt: transaction.now }).where(eq(users.id, id)).run();
  await recordChange(transaction, { resource: userPath(id), kind: 'updated', revision: null });
}
