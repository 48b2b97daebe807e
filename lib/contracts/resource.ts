import { z } from 'zod';
import {
  ASSET_NAME_PATTERN,
  ASSET_NAME_RULE,
  MAX_ASSET_NAME_LENGTH,
  MAX_RESOURCE_NAME_LENGTH,
  MIN_RESOURCE_NAME_LENGTH,
  RESOURCE_NAME_PATTERN,
  RESOURCE_NAME_RULE,
} from './names.ts';

/** Name of an endpoint or deployment. Compared in lower case. */
export const resourceNameSchema = z
  .string()
  .min(MIN_RESOURCE_NAME_LENGTH, `must have at least ${MIN_RESOURCE_NAME_LENGTH} characters`)
  .max(MAX_RESOURCE_NAME_LENGTH, `must have at most ${MAX_RESOURCE_NAME_LENGTH} characters`)
  .regex(RESOURCE_NAME_PATTERN, RESOURCE_NAME_RULE)
  .transform((name) => name.toLowerCase());

/** Name of a model or an environment. */
export const assetNameSchema = z.string().min(1).max(MAX_ASSET_NAME_LENGTH).regex(ASSET_NAME_PATTERN, ASSET_NAME_RULE);

/** Version of a model or environment. Integers come in too and always go out as strings. */
export const assetVersionSchema = z
  .union([z.string().min(1).max(30), z.number().int().nonnegative().transform(String)])
  .pipe(z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/, 'must hold only letters, digits, ".", "_" and "-"'));

/** Text, or a scalar that YAML took for a number or a truth value: `version: 2` means the text "2". */
export const scalarTextSchema = z
  .union([z.string(), z.number(), z.boolean()], { error: 'must be text, a number, true or false' })
  .transform(String);

export const tagsSchema = z.record(z.string().min(1).max(256), scalarTextSchema.pipe(z.string().max(1024)));

/** One of some words, however they are capitalised: the original writes them in both ways. */
export const caselessEnum = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), z.enum(words));

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
