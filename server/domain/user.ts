import type { ROLES } from '#lib/contracts/identity.ts';

export interface UserRecord {
  id: string;
  /** Lower case. */
  email: string;
  name: string;
  role: (typeof ROLES)[number];
  /** Argon2id in PHC format. */
  passwordHash: string;
  createdAt: number;
  updatedAt: number;
}

export interface ApiKeyRecord {
  id: string;
  name: string;
  /** First characters, enough to recognise it. */
  prefix: string;
  /** SHA-256 in hex. */
  sha256: string;
  userId: string;
  /** `environment` for the one from the settings, which follows them at every start. */
  origin: 'api' | 'environment';
  createdAt: number;
  expiresAt: number | null;
  lastUsedAt: number | null;
}
