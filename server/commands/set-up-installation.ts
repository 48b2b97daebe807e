import { AppError } from '#server/kernel/app-error.ts';
import { newId, randomName } from '#server/kernel/ids.ts';
import type { User } from '#lib/contracts/identity.ts';
import { presentUser } from '#server/domain/present-identity.ts';
import { userPath } from '#server/domain/resource-path.ts';
import { actorOfUser, isSameSecret } from '#server/identity/authenticate-api-key.ts';
import { hashPassword } from '#server/identity/password-hash.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { forgetSignInFailures } from '#server/store/sign-in-failure-store.ts';
import { insertUser, needsFirstUser } from '#server/store/user-store.ts';
import type { CommandContext } from './command-context.ts';
import { countAttempt, refuseIfThrottled } from './throttle-sign-in.ts';

/** The one-time code that the console prints. It lives in memory: a restart makes another. */
export interface SetupCode {
  current(): string | null;
  /** Called once there is an administrator. */
  spend(): void;
}

/** 50 random bits in two groups that people can read out. */
export function createSetupCode(onSpent: () => void): SetupCode {
  let code: string | null = `${randomName(5)}-${randomName(5)}`;
  return {
    current: () => code,
    spend() {
      code = null;
      onSpent();
    },
  };
}

export interface SetUpInstallation {
  code: string;
  email: string;
  name: string;
  password: string;
}

const THROTTLE_SUBJECT = 'setup';

/**
 * Makes the first administrator, for whoever can read the console.
 * @throws AppError `setup.already_done`, `setup.wrong_code`, `auth.throttled`
 */
export async function setUpInstallation(
  context: Pick<CommandContext, 'database'> & { setupCode: SetupCode },
  command: SetUpInstallation,
): Promise<User> {
  const { database, setupCode } = context;
  if (!(await needsFirstUser(database))) throw alreadyDone();
  await database.transact(async (transaction) => {
    await refuseIfThrottled(transaction, [THROTTLE_SUBJECT]);
    await countAttempt(transaction, [THROTTLE_SUBJECT]);
  });
  const code = setupCode.current();
  if (code === null || !isSameSecret(normalise(code), normalise(command.code))) {
    throw new AppError('setup.wrong_code', 'The code is not the one that the console printed at this start.');
  }
  const passwordHash = await hashPassword(command.password);
  const user = await database.transact(async (transaction) => {
    if (!(await needsFirstUser(transaction))) throw alreadyDone();
    const id = newId('user', transaction.now);
    const { email, name } = command;
    const made = await insertUser(transaction, { id, email, name, role: 'administrator', passwordHash });
    const actor = actorOfUser(made);
    await forgetSignInFailures(transaction, THROTTLE_SUBJECT);
    await recordAudit(transaction, { actor, action: 'installation.set_up', object: userPath(id) });
    return made;
  });
  setupCode.spend();
  return presentUser(user);
}

const normalise = (code: string): string => code.toLowerCase().replaceAll(/[^0-9a-z]/g, '');

function alreadyDone(): AppError {
  return new AppError('setup.already_done', 'There is an administrator already. Sign in instead.');
}
