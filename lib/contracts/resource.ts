import { z } from 'zod';

/** The rule for endpoint and deployment names: starts with a letter, letters, digits and single dashes, no dash at the end. */
export const RESOURCE_NAME_PATTERN = /^[a-zA-Z](?!.*--)([-a-zA-Z0-9]*[a-zA-Z0-9])?$/;

/** Name of an endpoint or deployment. Compared in lower case; 3 to 32 characters. */
export const resourceNameSchema = z
  .string()
  .min(3, 'must have at least 3 characters')
  .max(32, 'must have at most 32 characters')
  .regex(RESOURCE_NAME_PATTERN, 'must start with a letter and hold only letters, digits and single dashes')
  .transform((name) => name.toLowerCase());

/** Name of a model or an environment: what a folder can be called everywhere. At most 255 characters. */
export const assetNameSchema = z
  .string()
  .min(1)
  .max(255)
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/,
    'must start with a letter or digit and hold only letters, digits, ".", "_" and "-"',
  );

/** Version of a model or environment. Integers come in too and always go out as strings. */
export const assetVersionSchema = z
  .union([z.string().min(1).max(30), z.number().int().nonnegative().transform(String)])
  .pipe(z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/, 'must hold only letters, digits, ".", "_" and "-"'));

export const tagsSchema = z.record(z.string().min(1).max(256), z.string().max(1024));

export const timestampSchema = z.iso.datetime({ offset: true });

/** Fields that every mutable object answers with. `revision` is the ETag too. */
export const revisionedShape = {
  revision: z.number().int().positive(),
  created_at: timestampSchema,
  updated_at: timestampSchema,
};

/** A page of a list: `next_cursor` is null on the last page. */
export function listSchema<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}

export interface ListPage<Item> {
  items: Item[];
  next_cursor: string | null;
}
