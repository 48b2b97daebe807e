import { z } from 'zod';
import { isRegistryHost, normalizeRegistryHost } from './image-reference.ts';
import { listSchema, revisionedShape } from './resource.ts';

/** Host name of a container registry, with its port where images name one. Compared in lower case; Docker Hub is `docker.io`. */
export const registryHostSchema = z
  .string()
  .min(1)
  .max(255)
  .refine(isRegistryHost, 'must be a host name, with ":" and a port where one is used: registry.example.com:5000')
  .transform(normalizeRegistryHost);

export const registryWriteSchema = z.strictObject({
  host: registryHostSchema.optional(),
  username: z.string().min(1).max(256),
  /** Password or token. Never answered; left out, the stored one stays. */
  password: z.string().min(1).max(16_384).optional(),
  description: z.string().max(4096).optional(),
});

export const REGISTRY_READ_ONLY_FIELDS = ['$schema', 'revision', 'created_at', 'updated_at'] as const;

export const registrySchema = z.object({
  host: z.string(),
  username: z.string(),
  description: z.string(),
  ...revisionedShape,
});
export const registryListSchema = listSchema(registrySchema);

/** What the registry says to the stored credentials. */
export const registryTestSchema = z.object({ ok: z.boolean(), detail: z.string() });

export type RegistryWrite = z.infer<typeof registryWriteSchema>;
export type Registry = z.infer<typeof registrySchema>;
export type RegistryTest = z.infer<typeof registryTestSchema>;
