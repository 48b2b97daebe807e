import { z } from 'zod';

/** A key pair that endpoint tokens are signed with; its private half is never answered. */
export const tokenSigningKeySchema = z.object({
  kid: z.string(),
  /** `waiting` until every gateway worker knows it; `retired` keys still verify the tokens that they signed. */
  state: z.enum(['waiting', 'signing', 'retired']),
  created_at: z.string(),
  signs_since: z.string().nullable(),
  retired_at: z.string().nullable(),
  /** When the last token of a retired key has expired. */
  verifies_until: z.string().nullable(),
});

export const tokenSigningKeyListSchema = z.object({
  items: z.array(tokenSigningKeySchema),
  /** When the next issue of a token replaces the signing key by itself; null before the first key. */
  rotates_after: z.string().nullable(),
});

export const rotateSigningKeySchema = z.strictObject({
  /** Refuse every token that was issued so far, in every gateway worker, before the answer. */
  revoke_issued_tokens: z.boolean().default(false),
});

export type TokenSigningKey = z.infer<typeof tokenSigningKeySchema>;
export type TokenSigningKeyList = z.infer<typeof tokenSigningKeyListSchema>;
