/** One HTTP/1.1 message as it came over a socket, parsed as naively as a test wants it: by its own framing, nothing checked. */
export interface RawMessage {
  /** Start line without its line end. */
  start: string;
  /** As received: order, case and repetitions kept. */
  fields: [name: string, value: string][];
  body: string;
  /** Fields behind the last chunk. */
  trailers: string;
  chunks: number;
}

/** A message at the start of `text` (one character an octet) and where it ends; null while it is not complete. */
export function readMessage(
  text: string,
  bodyless = false,
  ended = false,
): { message: RawMessage; end: number } | null {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const [start = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const message: RawMessage = { start, fields, body: '', trailers: '', chunks: 0 };
  const bodyStart = headEnd + 4;
  const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(start)?.[1] ?? 0);
  if (bodyless || (status >= 100 && status < 200) || status === 204 || status === 304)
    return { message, end: bodyStart };
  if (fieldOf(message, 'transfer-encoding') !== undefined) return readChunks(text, bodyStart, message);
  const length = fieldOf(message, 'content-length');
  if (length === undefined && status > 0) {
    message.body = text.slice(bodyStart);
    return ended ? { message, end: text.length } : null;
  }
  const end = bodyStart + Number(length ?? 0);
  if (text.length < end) return null;
  message.body = text.slice(bodyStart, end);
  return { message, end };
}

function readChunks(text: string, start: number, message: RawMessage): { message: RawMessage; end: number } | null {
  let p = start;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', p);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(text.slice(p, lineEnd), 16);
    if (Number.isNaN(size)) return null;
    p = lineEnd + 2;
    if (size === 0) break;
    if (text.length < p + size + 2) return null;
    message.body += text.slice(p, p + size);
    message.chunks += 1;
    p += size + 2;
  }
  if (text.startsWith('\r\n', p)) return { message, end: p + 2 };
  const end = text.indexOf('\r\n\r\n', p);
  if (end < 0) return null;
  message.trailers = text.slice(p, end);
  return { message, end: end + 4 };
}

/** Value of the only field of this name, undefined when there is none. @throws Error when there are several */
export function fieldOf(message: RawMessage, name: string): string | undefined {
  const values = message.fields
    .filter(([given]) => given.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
  if (values.length > 1) throw new Error(`${values.length} fields ${name}`);
  return values[0];
}
