import { type Cidr, isWithin, parseAddress, parseCidr } from '#lib/networks/cidr.ts';
import { fieldId } from './http1/field-names.ts';
import type { FieldTable } from './http1/field-table.ts';

const X_FORWARDED_FOR = fieldId('x-forwarded-for');
const FORWARDED = fieldId('forwarded');

const LOOPBACK: readonly Cidr[] = parseNetworks(['127.0.0.0/8', '::1']);

/** Networks that were checked before they were stored; one that cannot be read holds nobody. */
export function parseNetworks(texts: readonly string[]): Cidr[] {
  return texts.map(parseCidr).filter((cidr) => cidr !== null);
}

/**
 * Whether a request comes from this host or a listed network. What counts is the peer's address; where the peer is a trusted forwarder, the last
 * address in X-Forwarded-For that is not one itself, because every hop appends the peer that it saw (RFC 7239 section 5.2 has the same order).
 *
 * A request that reaches loopback through a forwarder that is not trusted could come from anywhere, so it is from nowhere that is allowed.
 */
export function isFromAllowedNetwork(
  peerAddress: string,
  fields: FieldTable,
  allowed: readonly Cidr[],
  trustedForwarders: readonly Cidr[],
): boolean {
  const caller = callerAddress(peerAddress, fields, trustedForwarders);
  return caller !== null && (isIn(caller, LOOPBACK) || isIn(caller, allowed));
}

/** Null where it cannot be told. */
function callerAddress(peerAddress: string, fields: FieldTable, trusted: readonly Cidr[]): Uint8Array | null {
  const peer = parseAddress(withoutZone(peerAddress));
  if (peer === null) return null;
  const isForwarded = fields.has(X_FORWARDED_FOR) || fields.has(FORWARDED);
  if (!isForwarded) return peer;
  if (isIn(peer, trusted)) return lastUntrusted(fields, trusted);
  return isIn(peer, LOOPBACK) ? null : peer;
}

function lastUntrusted(fields: FieldTable, trusted: readonly Cidr[]): Uint8Array | null {
  for (const hop of forwardedFor(fields).toReversed()) {
    const address = parseAddress(withoutPort(hop.trim()));
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
  return hops;
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

const isIn = (address: Uint8Array, networks: readonly Cidr[]): boolean =>
  networks.some((network) => isWithin(address, network));
