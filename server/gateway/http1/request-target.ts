import {
  at,
  BACKSLASH,
  COLON,
  DOT,
  equalsIgnoringCase,
  HEX_VALUE,
  IS_TARGET,
  isDigit,
  LOWER,
  PERCENT,
  QUESTION,
  SLASH,
} from './octets.ts';
import { FAULTS, type ProtocolFault } from './protocol-fault.ts';

/** Where the parts of a request target lie in its buffer. Reused from request to request. */
export interface TargetParts {
  /** Authority of an absolute-form target; empty range for the other forms. */
  authorityStart: number;
  authorityEnd: number;
  /** `/path?query`; for `*` the asterisk. An absolute-form target without a path has an empty range, which means `/`. */
  pathStart: number;
  pathEnd: number;
  queryStart: number;
  end: number;
  isAsterisk: boolean;
}

/**
 * Splits a request target into its parts and refuses every form and character that two parties could read differently: routing looks at
 * exactly the octets that are forwarded. Origin-form and absolute-form only, `*` where `allowsAsterisk` (RFC 9112 section 3.2).
 * @returns null, or what is wrong
 */
export function parseTarget(
  bytes: Buffer,
  start: number,
  end: number,
  allowsAsterisk: boolean,
  parts: TargetParts,
): ProtocolFault | null {
  parts.isAsterisk = false;
  parts.authorityStart = start;
  parts.authorityEnd = start;
  parts.end = end;
  for (let p = start; p < end; p += 1) if (IS_TARGET[at(bytes, p)] !== 1) return FAULTS.target;
  if (at(bytes, start) === SLASH) return parsePath(bytes, start, end, parts);
  if (end - start === 1 && at(bytes, start) === 0x2a) {
    if (!allowsAsterisk) return FAULTS.target;
    parts.isAsterisk = true;
    parts.pathStart = start;
    parts.pathEnd = end;
    parts.queryStart = end;
    return null;
  }
  return parseAbsolute(bytes, start, end, parts);
}

function parseAbsolute(bytes: Buffer, start: number, end: number, parts: TargetParts): ProtocolFault | null {
  const colon = bytes.indexOf(COLON, start);
  if (colon < 0 || colon + 3 > end) return FAULTS.target;
  const isHttp = equalsIgnoringCase(bytes, start, colon, 'http') || equalsIgnoringCase(bytes, start, colon, 'https');
  if (!isHttp || at(bytes, colon + 1) !== SLASH || at(bytes, colon + 2) !== SLASH) return FAULTS.target;
  parts.authorityStart = colon + 3;
  let p = colon + 3;
  while (p < end && at(bytes, p) !== SLASH && at(bytes, p) !== QUESTION) p += 1;
  parts.authorityEnd = p;
  if (!isAuthority(bytes, parts.authorityStart, p)) return FAULTS.authority;
  if (p < end && at(bytes, p) === SLASH) return parsePath(bytes, p, end, parts);
  parts.pathStart = p;
  parts.pathEnd = p;
  parts.queryStart = p;
  return null;
}

function parsePath(bytes: Buffer, start: number, end: number, parts: TargetParts): ProtocolFault | null {
  parts.pathStart = start;
  if (start + 1 < end && at(bytes, start + 1) === SLASH) return FAULTS.target;
  let hasEscape = false;
  let suspicious = false;
  let p = start;
  for (; p < end; p += 1) {
    const octet = at(bytes, p);
    if (octet === QUESTION) break;
    if (octet === PERCENT) hasEscape = true;
    else if (octet === DOT && at(bytes, p - 1) === SLASH) suspicious = true;
  }
  parts.pathEnd = p;
  parts.queryStart = p;
  if (!hasEscape && !suspicious) return null;
  return hasUnsafeSegment(bytes, start, p) ? FAULTS.path : null;
}

/** Decoded octet at `p`, or -1 for a broken escape. */
function decodedAt(bytes: Buffer, p: number, end: number): number {
  const octet = at(bytes, p);
  if (octet !== PERCENT) return octet;
  if (p + 2 >= end) return -1;
  const high = at(HEX_VALUE, at(bytes, p + 1));
  const low = at(HEX_VALUE, at(bytes, p + 2));
  return high > 15 || low > 15 ? -1 : (high << 4) | low;
}

/**
 * Whether a path, decoded once, holds a `.` or `..` segment, a control character, a backslash or a broken escape. An encoded slash
 * separates segments too: it may stay in a path, but must not hide a dot segment from us that the model would see.
 */
function hasUnsafeSegment(bytes: Buffer, start: number, end: number): boolean {
  let dots = 0;
  let length = 0;
  for (let p = start; p < end; p += at(bytes, p) === PERCENT ? 3 : 1) {
    const octet = decodedAt(bytes, p, end);
    if (octet < 0x20 || octet === 0x7f || octet === BACKSLASH) return true;
    if (octet === SLASH) {
      if (dots > 0 && dots === length) return true;
      dots = 0;
      length = 0;
      continue;
    }
    length += 1;
    if (octet === DOT && length <= 2) dots += 1;
  }
  return dots > 0 && dots === length;
}

/**
 * Whether `bytes[start, end)` is `uri-host [":" port]` with a non-empty host: a name of letters, digits, `-`, `.` and `_`, an IPv4 address, or an
 * IPv6 literal in brackets. Userinfo, escapes and lists are refused (RFC 9110 sections 4.2.4 and 7.2).
 */
export function isAuthority(bytes: Buffer, start: number, end: number): boolean {
  let p = start;
  if (p < end && at(bytes, p) === 0x5b) {
    p += 1;
    while (p < end && (HEX_VALUE[at(bytes, p)] !== 255 || at(bytes, p) === COLON || at(bytes, p) === DOT)) p += 1;
    if (p === start + 1 || p >= end || at(bytes, p) !== 0x5d) return false;
    p += 1;
  } else {
    while (p < end && isNameOctet(at(bytes, p))) p += 1;
    if (p === start || at(bytes, start) === DOT) return false;
  }
  if (p === end) return true;
  if (at(bytes, p) !== COLON) return false;
  const digits = end - p - 1;
  if (digits < 1 || digits > 5) return false;
  let port = 0;
  for (p += 1; p < end; p += 1) {
    if (!isDigit(at(bytes, p))) return false;
    port = port * 10 + at(bytes, p) - 0x30;
  }
  return port <= 65_535;
}

function isNameOctet(octet: number): boolean {
  const lower = at(LOWER, octet);
  return (lower >= 0x61 && lower <= 0x7a) || isDigit(octet) || octet === DOT || octet === 0x2d || octet === 0x5f;
}
