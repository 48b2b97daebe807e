/** First octets of every HTTP/2 connection (RFC 9113 section 3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** Whether the octets that have come are the start of the preface, or all of it. */
export function startsWithPreface(bytes: Buffer, start: number): boolean {
  const length = Math.min(bytes.length - start, PREFACE.length);
  return bytes.subarray(start, start + length).equals(PREFACE.subarray(0, length));
}
