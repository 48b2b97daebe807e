import { timingSafeEqual } from 'node:crypto';
import type { Actor } from '#server/domain/actor.ts';
import type { ApiKeyRecord, UserRecord } from '#server/domain/user.ts';
import type { Database } from '#server/store/database.ts';
import { findApiKeyByDigest, touchApiKey } from '#server/store/api-key-store.ts';
import { findUser } from '#server/store/user-store.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { digestOfKey, hasValidChecksum } from './api-key-format.ts';

/** "Last used" is for people; once a minute is enough and spares a write with every request. */
const TOUCH_EVERY_MS = 60_000;

/**
 * The actor behind an API key. Unknown, mistyped, expired and orphaned keys get the same answer.
 * @throws AppError auth.required
 */
export async function authenticateApiKey(database: Database, value: string, now: number): Promise<Actor> {
  const mistyped = value.startsWith('vk_') && !hasValidChecksum(value);
  const key = mistyped ? null : await findApiKeyByDigest(database, digestOfKey(value));
  const user = key === null || isExpired(key, now) ? null : await findUser(database, key.userId);
  if (key === null || user === null)
    throw new AppError(
      'auth.required',
      'The API key is missing, wrong or expired. Send Authorization: Bearer <API key>.',
    );
  if (now - (key.lastUsedAt ?? 0) > TOUCH_EVERY_MS)
    await database.transact((transaction) => touchApiKey(transaction, key.id));
  return { kind: 'api_key', id: key.id, name: `${user.email} (API key ${key.name})`, role: user.role, userId: user.id };
}

/**
 * The signed-in person that the studio speaks for.
 * @throws AppError auth.required when the account is gone
 */
export async function authenticateStudioUser(database: Database, userId: string): Promise<Actor> {
  const user = await findUser(database, userId);
  if (user === null)
    throw new AppError('auth.required', 'The account of this session no longer exists. Sign in again.');
  return actorOfUser(user);
}

export function actorOfUser(user: UserRecord): Actor {
  return { kind: 'user', id: user.id, name: user.email, role: user.role, userId: user.id };
}

/** Compares secrets of any length in constant time for equal lengths. */
export function isSameSecret(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(digestOfKey(given), 'hex'), Buffer.from(digestOfKey(expected), 'hex')];
  return timingSafeEqual(a, b);
}

function isExpired(key: ApiKeyRecord, now: number): boolean {
  return key.expiresAt !== null && key.expiresAt <= now;
}
