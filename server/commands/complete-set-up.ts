import type { z } from 'zod';
import type { setupWriteSchema } from '#lib/contracts/identity.ts';
import type { UserRecord } from '#server/domain/user.ts';
import { isSameSecret } from '#server/identity/authenticate-api-key.ts';
import { hashPassword } from '#server/identity/password-hash.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { newId, randomName } from '#server/kernel/ids.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Database } from '#server/store/database.ts';
import { countUsers, insertUser } from '#server/store/user-store.ts';

/** Wrong codes that one process takes; a restart prints a new code. 60 random bits need no more, but guessing must not be free. */
const MAX_WRONG_CODES = 20;

/** The one-time code of the first visit. It lives in memory: a restart makes another. */
export interface SetupCode {
  readonly value: string;
  check(given: string): void;
}

export function createSetupCode(): SetupCode {
  const value = [randomName(4), randomName(4), randomName(4)].join('-');
  let wrong = 0;
  return {
    value,
    check(given) {
      if (wrong < MAX_WRONG_CODES && isSameSecret(given.trim().toLowerCase(), value)) return;
      wrong += 1;
      const detail =
        wrong > MAX_WRONG_CODES
          ? 'Too many wrong codes. Restart Viridian; it prints a new one.'
          : 'The code does not match the one in the console of Viridian.';
      throw new AppError('setup.wrong_code', detail, { errors: [{ path: '/code', message: 'does not match' }] });
    },
  };
}

/**
 * Makes the first administrator. Two at once cannot both succeed.
 * @throws AppError setup.already_done or setup.wrong_code
 */
export async function completeSetUp(
  database: Database,
  code: SetupCode,
  written: z.infer<typeof setupWriteSchema>,
): Promise<UserRecord> {
  await refuseIfDone(database);
  code.check(written.code);
  const passwordHash = await hashPassword(written.password);
  return database.transact(async (transaction) => {
    await refuseIfDone(transaction);
    const { email, name } = written;
    const user = await insertUser(transaction, {
      id: newId('usr', transaction.now),
      email,
      name,
      role: 'administrator',
      passwordHash,
    });
    await recordAudit(transaction, { actor: { name: user.email }, action: 'user.create', object: `/users/${user.id}` });
    return user;
  });
}

async function refuseIfDone(reader: Parameters<typeof countUsers>[0]): Promise<void> {
  if ((await countUsers(reader)) > 0)
    throw new AppError('setup.already_done', 'There is an administrator already. Sign in instead.');
}
