import type { UserRecord } from '#server/domain/user.ts';
import { SYSTEM_ACTOR } from '#server/domain/actor.ts';
import { digestOfKey } from '#server/identity/api-key-format.ts';
import { hashPassword, verifyPassword } from '#server/identity/password-hash.ts';
import { newId } from '#server/kernel/ids.ts';
import { findApiKeyByDigest, insertApiKey, listApiKeys, deleteApiKey } from '#server/store/api-key-store.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Database } from '#server/store/database.ts';
import { findFirstUser, findUserByEmail, insertUser, updateUserPassword } from '#server/store/user-store.ts';

/** Administrator from the settings of the installation; each part may be absent. */
export interface ConfiguredAdministrator {
  email: string | undefined;
  password: string | undefined;
  apiKey: string | undefined;
}

/** Name of the one key that comes from the settings. */
const SETTINGS_KEY_NAME = 'VIRIDIAN_ADMIN_API_KEY';
/** Account behind the key where only a key was set. Its password is random, so nobody signs in with it. */
const KEY_ONLY_EMAIL = 'administrator@localhost';

/** Makes what the settings say true, at every start: a changed password or key replaces the one before. */
export async function bootstrapAdministrator(database: Database, configured: ConfiguredAdministrator): Promise<void> {
  const { email, password, apiKey } = configured;
  if (email !== undefined && password !== undefined) await ensureUser(database, email, password);
  if (apiKey !== undefined) await ensureApiKey(database, apiKey, email);
}

async function ensureUser(database: Database, email: string, password: string): Promise<UserRecord> {
  const current = await findUserByEmail(database, email);
  if (current !== null && (await verifyPassword(current.passwordHash, password))) return current;
  const passwordHash = await hashPassword(password);
  return database.transact(async (transaction) => {
    if (current !== null) {
      await updateUserPassword(transaction, current.id, passwordHash);
      await recordAudit(transaction, { actor: SYSTEM_ACTOR, action: 'user.update', object: `/users/${current.id}` });
      return { ...current, passwordHash };
    }
    const [name = email] = email.split('@');
    const user = await insertUser(transaction, {
      id: newId('usr', transaction.now),
      email,
      name,
      role: 'administrator',
      passwordHash,
    });
    await recordAudit(transaction, { actor: SYSTEM_ACTOR, action: 'user.create', object: `/users/${user.id}` });
    return user;
  });
}

async function ensureApiKey(database: Database, value: string, email: string | undefined): Promise<void> {
  const sha256 = digestOfKey(value);
  if ((await findApiKeyByDigest(database, sha256)) !== null) return;
  const owner =
    (email === undefined ? await findFirstUser(database) : await findUserByEmail(database, email)) ??
    (await ensureUser(database, email ?? KEY_ONLY_EMAIL, crypto.randomUUID()));
  await database.transact(async (transaction) => {
    const outdated = (await listApiKeys(transaction)).filter(({ origin }) => origin === 'environment');
    for (const { id } of outdated) await deleteApiKey(transaction, id);
    const id = newId('key', transaction.now);
    await insertApiKey(transaction, {
      id,
      userId: owner.id,
      name: SETTINGS_KEY_NAME,
      prefix: `${value.slice(0, 4)}…`,
      sha256,
      origin: 'environment',
      expiresAt: null,
    });
    await recordAudit(transaction, { actor: SYSTEM_ACTOR, action: 'api_key.create', object: `/api-keys/${id}` });
  });
}
