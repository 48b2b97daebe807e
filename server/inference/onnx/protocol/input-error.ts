/** What the caller sent cannot be given to the model. The message names the tensor, what was expected and what came. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

const MAX_SHOWN = 40;

/** A value as it is named in a message: short, and with its kind visible. */
export function showValue(value: unknown): string {
  if (typeof value === 'string')
    return isMarkedNumber(value) ? value.slice(1) : `the text ${JSON.stringify(clip(value))}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return value === undefined ? 'nothing' : String(value);
}

export function clip(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** `[2][0]`; nothing for a scalar. */
export function showPath(path: readonly number[]): string {
  return path.length === 0 ? '' : ` at ${path.map((index) => `[${index}]`).join('')}`;
}

/** U+FFFF never occurs in text that is meant to be read, so it marks what stood for a number that JSON does not have. */
const MARK = '\uffff';

export function markNumber(token: string): string {
  return `${MARK}${token}`;
}

function isMarkedNumber(text: string): boolean {
  return text.startsWith(MARK);
}
