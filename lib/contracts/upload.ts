import { z } from 'zod';
import { detectedModelSchema, modelFileSchema } from './model.ts';

/** What an upload is called whose sender gave it no filename. */
export const UNNAMED_UPLOAD = 'upload.bin';

/** A finished upload: what `path: upload:<id>` refers to. Expires 24 h after its last byte unless a model uses it. */
export const uploadSchema = z.object({
  id: z.string(),
  filename: z.string(),
  sha256: z.string(),
  size_bytes: z.number().int(),
  /** Number of files after unpacking. */
  files: z.number().int(),
  state: z.enum(['receiving', 'ready', 'refused', 'used']),
  received_bytes: z.number().int(),
  created_at: z.string(),
  expires_at: z.string(),
});

/** `GET /uploads/{id}?detect=true` adds what was found inside. */
export const uploadDetailSchema = uploadSchema.extend({
  entries: z.array(modelFileSchema),
  detected: detectedModelSchema.nullable(),
});

export type Upload = z.infer<typeof uploadSchema>;
export type UploadDetail = z.infer<typeof uploadDetailSchema>;
