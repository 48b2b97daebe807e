import type { z } from 'zod';
import type { FieldError } from '#lib/contracts/problem.ts';
import { nearestName } from '#server/domain/nearest-name.ts';
import { AppError } from '#server/kernel/app-error.ts';

/**
 * Parses a part of a request.
 * @param locate turns a path inside the value into what `errors[].path` shows: a JSON pointer, or `?name` for a query parameter
 * @throws AppError request.unknown_field or request.invalid, naming every wrong field
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  locate: (path: readonly PropertyKey[]) => string,
): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) => describeIssue(issue, schema, locate));
  const unknown = parsed.error.issues.some(({ code }) => code === 'unrecognized_keys');
  const detail = errors
    .map(({ path, message }) => endSentence(`${path === '' ? 'The body' : path} ${message}`))
    .join(' ');
  throw new AppError(unknown ? 'request.unknown_field' : 'request.invalid', detail, { errors });
}

function endSentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

/** JSON pointer (RFC 6901). */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

export function queryParameterOf(path: readonly PropertyKey[]): string {
  return `?${String(path[0] ?? '')}`;
}

function describeIssue(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  locate: (path: readonly PropertyKey[]) => string,
): FieldError[] {
  const meant = issue.code === 'invalid_union' ? issuesOfForm(issue) : null;
  if (meant !== null) return meant.flatMap((inner) => describeIssue(inner, schema, locate));
  if (issue.code !== 'unrecognized_keys') return [{ path: locate(issue.path), message: sayIssue(issue) }];
  const known = knownKeysAt(schema, issue.path);
  return issue.keys.map((key) => {
    const near = nearestName(key, known);
    return {
      path: locate([...issue.path, key]),
      message: `is not a known field${near === null ? '' : `; did you mean "${near}"?`}`,
    };
  });
}

/** What is wrong inside the only form of several that the value begins to have; null where it has none, or more than one. */
function issuesOfForm({ errors, path }: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] | null {
  const begun = errors.filter((issues) => issues.length > 0 && issues.every((issue) => issue.path.length > 0));
  const [only] = begun;
  if (only === undefined || begun.length > 1) return null;
  return only.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
}

/** Our own messages go on from the field's name ("must …"); zod's are whole sentences and follow a colon. */
function sayIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return `is no possible name: it ${issue.issues.map(sayIssue).join(' and ')}`;
  if (issue.code === 'invalid_union' && issue.message === 'Invalid input') return 'has none of the allowed forms';
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return 'is needed';
  const { message } = issue;
  if (/^(must|has|is) /.test(message)) return message;
  return sayNumberIssue(issue) ?? `is not valid: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

/** What zod says about numbers names its own types. */
function sayNumberIssue(issue: z.core.$ZodIssue): string | null {
  if (issue.code === 'invalid_type' && issue.expected === 'int') return 'must be a whole number';
  if (issue.code === 'invalid_type' && issue.expected === 'number') return 'must be a number';
  if (issue.code === 'too_big' && isNumeric(issue.origin)) {
    return `must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
  }
  if (issue.code === 'too_small' && isNumeric(issue.origin)) {
    return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
  }
  return null;
}

const isNumeric = (origin: string): boolean => origin === 'number' || origin === 'int';

interface SchemaShape {
  shape?: Record<string, z.ZodType>;
  options?: readonly z.ZodType[];
  unwrap?: () => z.ZodType;
}

/** Names of the fields that the schema knows at a path; empty where it has no fixed fields. */
function knownKeysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const [next, ...rest] = path;
  const { shape, options, unwrap } = schema as SchemaShape;
  if (shape !== undefined) {
    if (next === undefined) return Object.keys(shape);
    const inner = shape[String(next)];
    return inner === undefined ? [] : knownKeysAt(inner, rest);
  }
  if (options !== undefined) return options.flatMap((option) => knownKeysAt(option, path));
  return unwrap === undefined ? [] : knownKeysAt(unwrap.call(schema), path);
}
