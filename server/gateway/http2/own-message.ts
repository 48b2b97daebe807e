import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, type BodyKind } from '../http1/message-framing.ts';

/** Fields of one HTTP/1.1 connection, which have no place in HTTP/2 (RFC 9113 section 8.2.2). `te: trailers` is the exception. */
const OF_CONNECTION: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);
const HEAD_END = Buffer.from('\r\n\r\n', 'latin1');

/** The head of an HTTP/1.1 message that the gateway has written itself, taken apart for HTTP/2. */
export interface OwnHead {
  readonly startLine: string;
  /** Names in lower case and values by turns, without those of the connection. */
  readonly fields: string[];
  readonly bodyKind: BodyKind;
  /** -1 where none is announced. */
  readonly contentLength: number;
  /** Position of the body. */
  readonly end: number;
}

/**
 * Takes a head apart that `writeUpstreamHead` or `writeModelResponse` has made. What clients and models send was checked before it was written, so this looks
 * at nothing twice, and has no limits of its own: heads grow by what the gateway adds.
 * @throws Error when there is no whole head, which would be a fault of ours
 */
export function readOwnHead(octets: Buffer, start: number): OwnHead {
  const end = octets.indexOf(HEAD_END, start);
  if (end < 0) throw new Error('A head was written in parts.');
  const [startLine = '', ...lines] = octets.toString('latin1', start, end).split('\r\n');
  const fields: string[] = [];
  let chunked = false;
  let contentLength = -1;
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'transfer-encoding') chunked = true;
    else if (name === 'content-length') contentLength = Number(value);
    if (!OF_CONNECTION.has(name)) fields.push(name, value);
  }
  return { startLine, fields, contentLength, bodyKind: bodyKindOf(chunked, contentLength), end: end + HEAD_END.length };
}

function bodyKindOf(chunked: boolean, contentLength: number): BodyKind {
  if (chunked) return BODY_CHUNKED;
  return contentLength > 0 ? BODY_LENGTH : BODY_NONE;
}

/** A list of names and values as the object that some calls of `node:http2` ask for. */
export function fieldObject(fields: readonly string[]): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {};
  for (let i = 0; i < fields.length; i += 2) {
    const [name, value] = [fields[i] as string, fields[i + 1] as string];
    const earlier = Object.hasOwn(object, name) ? object[name] : undefined;
    if (earlier === undefined) object[name] = value;
    else object[name] = Array.isArray(earlier) ? [...earlier, value] : [earlier, value];
  }
  return object;
}
