const INDENT = 2;
const MAX_LINE = 88;

/**
 * JSON for people: as `JSON.stringify` with an indent, but an array or object that fits on a line stays on it, so that a matrix reads as rows.
 */
export function formatJson(value: unknown): string {
  return format(value, 0);
}

function format(value: unknown, depth: number): string {
  const flat = JSON.stringify(value) ?? 'null';
  if (typeof value !== 'object' || value === null) return flat;
  const entries = Array.isArray(value)
    ? value.map((item) => ({ key: '', item: item as unknown }))
    : Object.entries(value).map(([key, item]) => ({ key: `${JSON.stringify(key)}: `, item: item as unknown }));
  if (entries.length === 0) return flat;
  const oneLine = spaced(value);
  if (depth > 0 && oneLine !== null && depth * INDENT + oneLine.length <= MAX_LINE) return oneLine;
  const pad = ' '.repeat((depth + 1) * INDENT);
  const lines = entries.map(({ key, item }) => `${pad}${key}${format(item, depth + 1)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${lines.join(',\n')}\n${' '.repeat(depth * INDENT)}${close}`;
}

/** On one line with spaces, where it holds no more than one level of arrays or objects below it; null otherwise. */
function spaced(value: object): string | null {
  const items = Object.values(value);
  if (items.some((item) => typeof item === 'object' && item !== null)) return null;
  if (Array.isArray(value)) return `[${items.map((item) => JSON.stringify(item)).join(', ')}]`;
  const pairs = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${JSON.stringify(item)}`);
  return `{ ${pairs.join(', ')} }`;
}
