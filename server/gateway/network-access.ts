import { type Cidr, parseCidr } from '#lib/networks/cidr.ts';
import type { FieldTable } from './http1/field-table.ts';
import { callerAddress, isIn, LOOPBACK } from './trusted-forwarders.ts';

/** Networks that were checked before they were stored; one that cannot be read holds nobody. */
export function parseNetworks(texts: readonly string[]): Cidr[] {
  return texts.map(parseCidr).filter((cidr) => cidr !== null);
}

/** Whether a request comes from this host or a listed network. */
export function isFromAllowedNetwork(
  peerAddress: string,
  fields: FieldTable,
  allowed: readonly Cidr[],
  trustedForwarders: readonly Cidr[],
): boolean {
  const caller = callerAddress(peerAddress, fields, trustedForwarders);
  return caller !== null && (isIn(caller, LOOPBACK) || isIn(caller, allowed));
}
