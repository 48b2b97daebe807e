import { isUtf8 } from 'node:buffer';
import { clip, InputError, markNumber } from './input-error.ts';

export interface ParsedJson {
  value: unknown;
  /**
   * The text was not JSON because of NaN or Infinity, which Python's json module writes; `value` has marks in their place so that the
   * message can name the tensor. Whoever gets through decoding must still refuse, with this text.
   */
  fault: string | null;
}

/** An integer of sixteen digits or more may not be a double. Digits behind a decimal point do not count. */
const LONG_INTEGER = /(?<![\d.])\d{16}/;
const INTEGER = /^-?\d+$/;
const STRING_OR_NON_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/g;
/** A longer text that is not JSON gets the parser's message only: looking for the place would cost more than the request. */
const MAX_MARKED_LENGTH = 256 * 1024;

/**
 * Parses a JSON body. With `exactIntegers`, integers beyond 2^53 come as BigInt, so that an INT64 keeps its last digits; it costs a call
 * per value, and only when such an integer is there.
 * @throws InputError when the bytes are not UTF-8 or not JSON
 */
export function parseJson(body: Buffer, exactIntegers: boolean): ParsedJson {
  const text = body.toString('utf8');
  // Malformed bytes decode to U+FFFD, so only text that holds one needs the check of its bytes.
  if (text.includes('\ufffd') && !isUtf8(body)) throw new InputError('The body is not valid UTF-8.');
  try {
    return { value: parse(text, exactIntegers), fault: null };
  } catch (cause) {
    const fault = text === '' ? 'The body is empty.' : `The body is not valid JSON: ${clip(messageOf(cause))}`;
    const marked = parseMarked(text);
    if (marked === undefined) throw new InputError(fault, { cause });
    return { value: marked, fault: 'The body is not valid JSON: it holds NaN or Infinity, which JSON does not have.' };
  }
}

function parse(text: string, exactIntegers: boolean): unknown {
  return exactIntegers && LONG_INTEGER.test(text) ? JSON.parse(text, reviveExact as Reviver) : JSON.parse(text);
}

type Reviver = (key: string, value: unknown) => unknown;

function reviveExact(_key: string, value: unknown, context: { source?: string }): unknown {
  const isLossy = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isLossy && context.source !== undefined && INTEGER.test(context.source) ? BigInt(context.source) : value;
}

function parseMarked(text: string): unknown {
  if (text.length > MAX_MARKED_LENGTH) return undefined;
  let marks = 0;
  const marked = text.replace(STRING_OR_NON_NUMBER, (token) => {
    if (token.startsWith('"')) return token;
    marks += 1;
    return JSON.stringify(markNumber(token));
  });
  if (marks === 0) return undefined;
  try {
    return JSON.parse(marked);
  } catch {
    // The caller reports the fault of the text as it came.
    return undefined;
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
