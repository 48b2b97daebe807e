import { z } from 'zod';
import { listSchema } from './resource.ts';

export const ROLES = ['administrator'] as const;

export const userSchema = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  created_at: z.string(),
});

/** Length is the only rule (NIST SP 800-63B section 3.1.1.2: no composition rules). */
export const passwordSchema = z
  .string()
  .min(12, 'must have at least 12 characters')
  .max(256, 'must have at most 256 characters');

export const setupWriteSchema = z.strictObject({
  code: z.string().min(1),
  email: z.email(),
  name: z.string().min(1).max(128),
  password: passwordSchema,
});

export const signInSchema = z.strictObject({
  email: z.string().min(1).max(320),
  password: z.string().min(1).max(1024),
  address: z.string().max(64),
});
export const signInResultSchema = z.object({ user: userSchema });
export const setupStateSchema = z.object({ needs_setup: z.boolean() });

export const apiKeyWriteSchema = z.strictObject({
  name: z.string().min(1).max(128),
  expires_at: z.iso.datetime({ offset: true }).nullable().optional(),
});

export const apiKeySchema = z.object({
  id: z.string(),
  name: z.string(),
  /** First characters, enough to recognise it. */
  prefix: z.string(),
  created_at: z.string(),
  created_by: z.string(),
  expires_at: z.string().nullable(),
  last_used_at: z.string().nullable(),
});
export const apiKeyListSchema = listSchema(apiKeySchema);

/** Answer of creating a key: the only time that `value` is shown. */
export const apiKeyCreatedSchema = apiKeySchema.extend({ value: z.string() });

export const auditEntrySchema = z.object({
  id: z.number().int(),
  at: z.string(),
  actor: z.string(),
  action: z.string(),
  object: z.string(),
  detail: z.record(z.string(), z.unknown()),
});
export const auditListSchema = listSchema(auditEntrySchema);

export type User = z.infer<typeof userSchema>;
export type ApiKey = z.infer<typeof apiKeySchema>;
export type ApiKeyCreated = z.infer<typeof apiKeyCreatedSchema>;
export type AuditEntry = z.infer<typeof auditEntrySchema>;
