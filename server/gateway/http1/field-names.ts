import { at, HYPHEN, LOWER, UNDERSCORE } from './octets.ts';

/**
 * The field names that the gateway acts on; every other field is copied without being looked at. The position in this list is the
 * field's id, 0 means "not known".
 */
export const KNOWN_NAMES = [
  '',
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'http2-settings',
  'expect',
  'authorization',
  'api-key',
  'x-api-key',
  'cookie',
  'set-cookie',
  'x-request-id',
  'x-ms-request-id',
  'x-ms-client-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'forwarded',
  'x-real-ip',
  'via',
  'traceparent',
  'tracestate',
  'azureml-model-deployment',
  'azureml-mirrored',
  'viridian-hop',
  'viridian-consumer-id',
  'origin',
  'access-control-request-method',
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-expose-headers',
  'content-type',
  'clear-site-data',
  'strict-transport-security',
  'service-worker-allowed',
  'alt-svc',
  'ms-azureml-model-error-statuscode',
  'ms-azureml-model-error-reason',
  'x-accel-buffering',
  'sec-websocket-key',
  'sec-websocket-version',
  'vary',
] as const;

export const KNOWN_FIELD_COUNT = KNOWN_NAMES.length;

export type KnownName = Exclude<(typeof KNOWN_NAMES)[number], ''>;

/** Fields of one connection (RFC 9110 section 7.6.1) and framing: every hop writes its own. */
export const HOP_BY_HOP = [
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'http2-settings',
] as const satisfies readonly KnownName[];

/** Id of a known name. @throws Error for a name that is not in the list, at start-up */
export function fieldId(name: KnownName): number {
  return KNOWN_NAMES.indexOf(name);
}

/** A table over ids that holds 1 for the names given. */
export function fieldSet(...names: KnownName[]): Uint8Array {
  const set = new Uint8Array(KNOWN_FIELD_COUNT);
  for (const name of names) set[fieldId(name)] = 1;
  return set;
}

const LONGEST_NAME = Math.max(...KNOWN_NAMES.map((name) => name.length));
const NAME_OCTETS = KNOWN_NAMES.map((name) => Buffer.from(name, 'latin1'));

/** Lower case, and `_` as `-`. */
const FOLDED = LOWER.map((octet) => (octet === UNDERSCORE ? HYPHEN : octet));

/**
 * Length, first letter and the letter at three quarters tell all known names apart, so a name costs one table read and one comparison.
 */
function slotOf(length: number, first: number, late: number): number {
  return (length << 10) | ((first & 31) << 5) | (late & 31);
}

function lateIndex(length: number): number {
  return (length * 3) >> 2;
}

const CANDIDATE = buildCandidates();

function buildCandidates(): Uint8Array {
  const table = new Uint8Array((LONGEST_NAME + 1) << 10);
  for (const [id, name] of KNOWN_NAMES.entries()) {
    if (name === '') continue;
    const slot = slotOf(name.length, name.charCodeAt(0), name.charCodeAt(lateIndex(name.length)));
    if (table[slot] !== 0) throw new Error(`${name} and ${KNOWN_NAMES[table[slot] as number]} need a finer table`);
    table[slot] = id;
  }
  return table;
}

/**
 * Id of the field name in `bytes[start, end)`, ignoring case. Negative when the name equals a known one only if `_` is read as `-`: CGI
 * and WSGI servers cannot tell the two apart, so such a twin of a field that the gateway vouches for must not pass.
 */
export function identifyField(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > LONGEST_NAME) return 0;
  const first = at(FOLDED, at(bytes, start));
  const late = at(FOLDED, at(bytes, start + lateIndex(length)));
  const id = at(CANDIDATE, slotOf(length, first, late));
  if (id === 0) return 0;
  const name = NAME_OCTETS[id] as Buffer;
  let exact = true;
  for (let i = 0; i < length; i += 1) {
    const octet = at(bytes, start + i);
    if (at(FOLDED, octet) !== name[i]) return 0;
    if (octet === UNDERSCORE) exact = false;
  }
  return exact ? id : -id;
}
