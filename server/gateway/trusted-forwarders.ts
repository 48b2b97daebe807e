import { type Cidr, isWithin, parseAddress, parseCidr } from '#lib/networks/cidr.ts';
import { fieldId } from './http1/field-names.ts';
import type { FieldTable } from './http1/field-table.ts';

const X_FORWARDED_FOR = fieldId('x-forwarded-for');
const X_FORWARDED_PROTO = fieldId('x-forwarded-proto');
const FORWARDED = fieldId('forwarded');

export const LOOPBACK: readonly Cidr[] = ['127.0.0.0/8', '::1'].map(parseCidr).filter((cidr) => cidr !== null);

export const isIn = (address: Uint8Array, networks: readonly Cidr[]): boolean =>
  networks.some((network) => isWithin(address, network));

/**
 * Where a request comes from: the peer, or where the peer is a trusted forwarder, the last address in X-Forwarded-For that is not one itself, because
 * every hop appends the peer that it saw (RFC 7239 section 5.2 has the same order).
 * @returns null where it cannot be told: what reaches loopback through a forwarder that is not trusted could come from anywhere
 */
export function callerAddress(peerAddress: string, fields: FieldTable, trusted: readonly Cidr[]): Uint8Array | null {
  const peer = parseAddress(withoutZone(peerAddress));
  if (peer === null) return null;
  const isForwarded = fields.has(X_FORWARDED_FOR) || fields.has(FORWARDED);
  if (!isForwarded) return peer;
  if (isIn(peer, trusted)) return lastUntrusted(fields, trusted);
  return isIn(peer, LOOPBACK) ? null : peer;
}

/**
 * Lines that tell the model where a request comes from: those of its connection, and where a trusted forwarder sent it, with what that says put before.
 * @param lines of the connection, which begin with X-Forwarded-For and X-Forwarded-Proto
 */
export function linesThroughForwarder(
  lines: Buffer,
  peerAddress: string,
  fields: FieldTable,
  trusted: readonly Cidr[],
): Buffer {
  if (trusted.length === 0 || !fields.has(X_FORWARDED_FOR)) return lines;
  const peer = parseAddress(withoutZone(peerAddress));
  if (peer === null || !isIn(peer, trusted)) return lines;
  const hops = forwardedFor(fields).filter((hop) => parseAddress(withoutPort(hop)) !== null);
  const protocol = fields.isRepeated(X_FORWARDED_PROTO) ? null : fields.valueOf(X_FORWARDED_PROTO);
  let text = lines
    .toString('latin1')
    .replace('X-Forwarded-For: ', (name) => [name, ...hops.map((hop) => `${hop}, `)].join(''));
  if (protocol === 'http' || protocol === 'https') {
    text = text.replace(/X-Forwarded-Proto: \w+/, `X-Forwarded-Proto: ${protocol}`);
  }
  return Buffer.from(text, 'latin1');
}

function lastUntrusted(fields: FieldTable, trusted: readonly Cidr[]): Uint8Array | null {
  for (const hop of forwardedFor(fields).toReversed()) {
    const address = parseAddress(withoutPort(hop));
    if (address === null || !isIn(address, trusted)) return address;
  }
  return null;
}

/** The entries of all X-Forwarded-For lines, in the order in which they were appended. */
function forwardedFor(fields: FieldTable): string[] {
  const hops: string[] = [];
  for (let line = 0; line < fields.count; line += 1) {
    if (fields.ids[line] === X_FORWARDED_FOR) hops.push(...fields.value(line).split(','));
  }
  return hops.map((hop) => hop.trim());
}

/** A peer on the same link is named with the interface that it is behind, which no list of networks could name. */
function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}

/** Some forwarders write the peer's port too: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(hop);
  if (bracketed !== null) return bracketed[1] as string;
  return /^[\d.]+:\d+$/.test(hop) ? hop.slice(0, hop.indexOf(':')) : hop;
}
