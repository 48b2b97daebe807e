import { AppError } from '#server/kernel/app-error.ts';
import type { User } from '#lib/contracts/identity.ts';
import { presentUser } from '#server/domain/present-identity.ts';
import { userPath } from '#server/domain/resource-path.ts';
import { digestOfKey } from '#server/identity/api-key-format.ts';
import { actorOfUser } from '#server/identity/authenticate-api-key.ts';
import { verifyPassword } from '#server/identity/password-hash.ts';
import { throttleKeyOf } from '#server/identity/sign-in-throttle.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { forgetSignInFailures } from '#server/store/sign-in-failure-store.ts';
import { findUserByEmail } from '#server/store/user-store.ts';
import type { CommandContext } from './command-context.ts';
import { countAttempt, refuseIfThrottled, uncountAttempt } from './throttle-sign-in.ts';

export interface SignIn {
  email: string;
  password: string;
  /** Where the browser is, as the studio sees it. */
  address: string;
}

/**
 * Checks an e-mail address and a password. An unknown account takes the same path and the same time as a wrong password.
 * @throws AppError `auth.throttled`, `auth.invalid_credentials`
 */
export async function signIn(context: Pick<CommandContext, 'database'>, attempt: SignIn): Promise<User> {
  const { database } = context;
  const account = `account:${digestOfKey(attempt.email.trim().toLowerCase())}`;
  const address = throttleKeyOf(attempt.address);
  await database.transact(async (transaction) => {
    await refuseIfThrottled(transaction, [account, address]);
    await countAttempt(transaction, [account, address]);
  });
  const user = await findUserByEmail(database, attempt.email.trim());
  const fits = await verifyPassword(user?.passwordHash || null, attempt.password);
  if (user === null || !fits) {
    throw new AppError('auth.invalid_credentials', 'The e-mail address or the password is wrong.');
  }
  await database.transact(async (transaction) => {
    await forgetSignInFailures(transaction, account);
    await uncountAttempt(transaction, address);
    const object = userPath(user.id);
    await recordAudit(transaction, { actor: actorOfUser(user), action: 'user.sign_in', object });
  });
  return presentUser(user);
}
