import { parse } from 'yaml';
import { z } from 'zod';
import { DescriptionError } from './bounded-text.ts';

/** As many aliases as a file written by hand has; more is a file that unfolds to fill the memory. */
const MAX_ALIASES = 100;

/**
 * Parses YAML and leaves every scalar the text it was written as: `3.10` stays `3.10`, and a run id that happens to read like `1e5` stays one.
 * @throws DescriptionError that says where the text is no YAML
 */
export function parsePlainYaml(text: string): unknown {
  try {
    return parse(text, { schema: 'failsafe', maxAliasCount: MAX_ALIASES, logLevel: 'error' });
  } catch (cause) {
    const [line = ''] = (cause as Error).message.split('\n');
    throw new DescriptionError(`is no YAML that can be read: ${line.replace(/:$/, '')}`, { cause });
  }
}

const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);

/** A scalar, or null for one of the ways to write nothing in YAML. Whatever is no scalar is nothing. */
export const yamlText = z
  .unknown()
  .optional()
  .transform((value) => (typeof value === 'string' && !NULLS.has(value) ? value : null));

/** What a schema says, or null where the value is absent, nothing, or of another form. */
export function orNull<Schema extends z.ZodType>(schema: Schema) {
  return z.union([
    schema,
    z
      .unknown()
      .optional()
      .transform(() => null),
  ]);
}
