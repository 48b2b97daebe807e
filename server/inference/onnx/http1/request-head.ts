/**
 * The head of an HTTP/1.1 request (RFC 9112), read strictly: whatever two parsers could understand differently is refused, because a
 * gateway stands in front.
 */
export interface RequestHead {
  method: string;
  /** Path without query, still percent-encoded. */
  path: string;
  query: string;
  /** Field names in lower case; repeated fields joined by a comma. */
  headers: ReadonlyMap<string, string>;
  keepAlive: boolean;
  /** Bytes of the body; null when it comes in chunks. */
  contentLength: number | null;
  expectsContinue: boolean;
}

export interface HttpFault {
  status: 400 | 408 | 413 | 417 | 431 | 501 | 505;
  message: string;
}

export type ParsedHead = { ok: true; head: RequestHead } | { ok: false; fault: HttpFault };

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) (\/[\x21-\x7e]*) HTTP\/(\d)\.(\d)$/;
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Visible characters, spaces and tabs; bytes above 0x7f are opaque (RFC 9110 section 5.5). */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const DIGITS = /^\d{1,15}$/;
/** Fields whose repetition would be understood differently by different parsers. */
const SINGLE_FIELDS = new Set([
  'content-length',
  'transfer-encoding',
  'host',
  'expect',
  'inference-header-content-length',
]);

/** @param text the head as latin-1, without the empty line that ends it */
export function parseRequestHead(text: string): ParsedHead {
  const lines = text.split('\r\n');
  const line = REQUEST_LINE.exec(lines[0] as string);
  if (line === null) return refuse(400, 'The request line is not valid.');
  const [, method, target, major, minor] = line as unknown as [string, string, string, string, string];
  if (major !== '1') return refuse(505, 'Only HTTP/1.1 is spoken here.');
  const headers = new Map<string, string>();
  for (let index = 1; index < lines.length; index += 1) {
    const problem = addField(headers, lines[index] as string);
    if (problem !== null) return refuse(400, problem);
  }
  if (minor !== '0' && !headers.has('host')) return refuse(400, 'The Host header is missing.');
  return frame(method, target, minor !== '0', headers);
}

function addField(headers: Map<string, string>, line: string): string | null {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  if (!FIELD_NAME.test(name)) return 'A header line is not valid.';
  const value = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '');
  if (!FIELD_VALUE.test(value)) return `The value of ${name} holds characters that are not allowed.`;
  const key = name.toLowerCase();
  const before = headers.get(key);
  if (before !== undefined && SINGLE_FIELDS.has(key)) return `${name} is given twice.`;
  headers.set(key, before === undefined ? value : `${before}, ${value}`);
  return null;
}

/** Decides where the body ends and whether the connection stays (RFC 9112 sections 6.3 and 9.3). */
function frame(method: string, target: string, isHttp11: boolean, headers: Map<string, string>): ParsedHead {
  const length = headers.get('content-length');
  const coding = headers.get('transfer-encoding')?.toLowerCase();
  if (coding !== undefined && (length !== undefined || !isHttp11)) {
    return refuse(400, 'Transfer-Encoding with Content-Length or in HTTP/1.0 is refused.');
  }
  if (coding !== undefined && coding !== 'chunked') return refuse(501, `Transfer-Encoding ${coding} is not supported.`);
  if (length !== undefined && !DIGITS.test(length)) return refuse(400, 'Content-Length is not a number.');
  const expect = headers.get('expect')?.toLowerCase();
  if (expect !== undefined && expect !== '100-continue') return refuse(417, 'Only "Expect: 100-continue" is met.');
  const tokens = (headers.get('connection') ?? '').toLowerCase().split(/\s*,\s*/);
  const mark = target.indexOf('?');
  const head: RequestHead = {
    method,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    headers,
    // HTTP/1.0 would need a header of its own to stay; nobody who cares for speed speaks it.
    keepAlive: isHttp11 && !tokens.includes('close'),
    contentLength: coding === undefined ? Number(length ?? 0) : null,
    expectsContinue: isHttp11 && expect !== undefined,
  };
  return { ok: true, head };
}

function refuse(status: HttpFault['status'], message: string): ParsedHead {
  return { ok: false, fault: { status, message } };
}
