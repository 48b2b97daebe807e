import type { ApiKey, AuditEntry, User } from '#lib/contracts/identity.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import type { ApiKeyRecord, UserRecord } from './user.ts';

export function presentUser(user: UserRecord): User {
  const { id, email, name, role } = user;
  return { id, email, name, role, created_at: formatInstant(user.createdAt) };
}

/** @param createdBy e-mail of the owner */
export function presentApiKey(key: ApiKeyRecord, createdBy: string): ApiKey {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    created_at: formatInstant(key.createdAt),
    created_by: createdBy,
    expires_at: key.expiresAt === null ? null : formatInstant(key.expiresAt),
    last_used_at: key.lastUsedAt === null ? null : formatInstant(key.lastUsedAt),
  };
}

export function presentAuditEntry(entry: Omit<AuditEntry, 'at'> & { at: number }): AuditEntry {
  const { id, actor, action, object, detail } = entry;
  return { id, at: formatInstant(entry.at), actor, action, object, detail };
}
