/** Octets and character classes of HTTP/1.1, as tables: one array read a byte instead of a chain of comparisons. */

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const PERCENT = 0x25;
export const COMMA = 0x2c;
export const HYPHEN = 0x2d;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const QUESTION = 0x3f;
export const BACKSLASH = 0x5c;
export const UNDERSCORE = 0x5f;

function classTable(includes: (octet: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, octet) => (includes(octet) ? 1 : 0));
}

function isAlphanumeric(octet: number): boolean {
  return (octet >= 0x30 && octet <= 0x39) || (octet >= 0x41 && octet <= 0x5a) || (octet >= 0x61 && octet <= 0x7a);
}

const TOKEN_SYMBOLS = "!#$%&'*+-.^_`|~";

/** `tchar` of RFC 9110 section 5.6.2. */
export const IS_TOKEN = classTable(
  (octet) => isAlphanumeric(octet) || (octet < 0x80 && TOKEN_SYMBOLS.includes(String.fromCharCode(octet))),
);

/** Class of an opaque octet (above ASCII) in FIELD_VALUE_CLASS; ASCII that is allowed has 1, what is not allowed 0. */
export const OPAQUE = 2;

/** What a field value may hold (RFC 9110 section 5.5): visible ASCII, space, tab, and opaque octets above ASCII; no control. */
export const FIELD_VALUE_CLASS = Uint8Array.from({ length: 256 }, (_, octet) => {
  if (octet >= 0x80) return OPAQUE;
  return octet === HTAB || (octet >= SP && octet !== 0x7f) ? 1 : 0;
});

/** What a request target may hold: visible ASCII but `#` (a fragment is never sent) and `\` (some servers read it as a slash). */
export const IS_TARGET = classTable((octet) => octet > 0x20 && octet < 0x7f && octet !== 0x23 && octet !== BACKSLASH);

/** Lower case of ASCII letters; every other octet is itself. */
export const LOWER = Uint8Array.from({ length: 256 }, (_, octet) =>
  octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet,
);

/** Value of a hexadecimal digit, 255 for anything else. */
export const HEX_VALUE = Uint8Array.from({ length: 256 }, (_, octet) => {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const letter = octet | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : 255;
});

/** The octet at an index the caller has checked. */
export function at(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}

export function isDigit(octet: number): boolean {
  return octet >= 0x30 && octet <= 0x39;
}

/** Whether `bytes[start, end)` equals a lower-case ASCII text, ignoring case. */
export function equalsIgnoringCase(bytes: Uint8Array, start: number, end: number, lowerCaseText: string): boolean {
  if (end - start !== lowerCaseText.length) return false;
  for (let i = start; i < end; i += 1) {
    if (LOWER[at(bytes, i)] !== lowerCaseText.charCodeAt(i - start)) return false;
  }
  return true;
}
