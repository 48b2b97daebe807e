import { newId } from '#server/kernel/ids.ts';
import { SYSTEM_ACTOR } from '#server/domain/actor.ts';
import { apiKeyPath, userPath } from '#server/domain/resource-path.ts';
import type { UserRecord } from '#server/domain/user.ts';
import { digestOfKey } from '#server/identity/api-key-format.ts';
import { hashPassword, verifyPassword } from '#server/identity/password-hash.ts';
import { deleteApiKey, insertApiKey, listApiKeys } from '#server/store/api-key-store.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Transaction } from '#server/store/database.ts';
import { findFirstUser, findUserByEmail, insertUser, updateUserPassword } from '#server/store/user-store.ts';
import type { CommandContext } from './command-context.ts';

export interface AdministratorSettings {
  email?: string | undefined;
  password?: string | undefined;
  apiKey?: string | undefined;
}

/** Owns the key of the settings where they name nobody; it has no password, so nobody signs in as it. */
const AUTOMATION_EMAIL = 'automation@viridian.invalid';
const ENVIRONMENT_KEY_NAME = 'VIRIDIAN_ADMIN_API_KEY';
const SHOWN_CHARACTERS = 6;

/**
 * Makes the administrator and the API key of the settings true, at every start: a changed password or key replaces the earlier one, a key
 * that was taken out of the settings is gone.
 */
export async function bootstrapAdministrator(
  { database }: Pick<CommandContext, 'database'>,
  settings: AdministratorSettings,
): Promise<void> {
  const { email, password, apiKey } = settings;
  const account = email !== undefined && password !== undefined ? { email, password } : null;
  const known = account === null ? null : await findUserByEmail(database, account.email);
  const passwordHash = account === null ? '' : await hashUnlessKnown(account.password, known);
  await database.transact(async (transaction) => {
    const owner = account === null ? null : await ensureUser(transaction, account.email, passwordHash);
    await ensureEnvironmentKey(transaction, apiKey, owner);
  });
}

/** Hashing is slow on purpose, so it is done before the transaction, and only for a password that is new. */
async function hashUnlessKnown(password: string, known: UserRecord | null): Promise<string> {
  if (known !== null && (await verifyPassword(known.passwordHash, password))) return known.passwordHash;
  return hashPassword(password);
}

async function ensureUser(transaction: Transaction, email: string, passwordHash: string): Promise<UserRecord> {
  const known = await findUserByEmail(transaction, email);
  if (known?.passwordHash === passwordHash) return known;
  if (known !== null) {
    await updateUserPassword(transaction, known.id, passwordHash);
    const object = userPath(known.id);
    await recordAudit(transaction, { actor: SYSTEM_ACTOR, action: 'user.set_password', object });
    return known;
  }
  return createAdministrator(transaction, email, passwordHash);
}

async function createAdministrator(transaction: Transaction, email: string, passwordHash: string): Promise<UserRecord> {
  const id = newId('user', transaction.now);
  const name = email.split('@')[0] ?? email;
  const user = await insertUser(transaction, { id, email, name, role: 'administrator', passwordHash });
  const detail = { email: user.email };
  await recordAudit(transaction, { actor: SYSTEM_ACTOR, action: 'user.create', object: userPath(id), detail });
  return user;
}

async function ensureEnvironmentKey(
  transaction: Transaction,
  value: string | undefined,
  owner: UserRecord | null,
): Promise<void> {
  const sha256 = value === undefined ? null : digestOfKey(value);
  const earlier = (await listApiKeys(transaction)).filter(({ origin }) => origin === 'environment');
  for (const key of earlier) if (key.sha256 !== sha256) await deleteApiKey(transaction, key.id);
  if (value === undefined || sha256 === null || earlier.some((key) => key.sha256 === sha256)) return;
  const user =
    owner ?? (await findFirstUser(transaction)) ?? (await createAdministrator(transaction, AUTOMATION_EMAIL, ''));
  const id = newId('key', transaction.now);
  await insertApiKey(transaction, {
    id,
    name: ENVIRONMENT_KEY_NAME,
    prefix: value.slice(0, SHOWN_CHARACTERS),
    sha256,
    userId: user.id,
    origin: 'environment',
    expiresAt: null,
  });
  await recordAudit(transaction, { actor: SYSTEM_ACTOR, action: 'api_key.create', object: apiKeyPath(id) });
}
