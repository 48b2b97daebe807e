import { type Cidr, isWithin, parseAddress, parseCidr } from '#lib/networks/cidr.ts';

/** Why an address may not be reached, as the rest of a sentence; null when it may. */
export type AddressPolicy = (address: string) => string | null;

const cidrs = (...texts: string[]): Cidr[] =>
  texts.map((text) => {
    const cidr = parseCidr(text);
    if (cidr === null) throw new Error(`${text} is no CIDR.`);
    return cidr;
  });

/** Services of clouds that give credentials or settings to whoever asks from inside. */
const METADATA = cidrs(
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
);

/** Never reached, whatever is allowed (IANA special-purpose registries, RFC 6890). */
const NEVER: readonly (readonly [string, readonly Cidr[]])[] = [
  ['is the metadata service of a cloud', METADATA],
  ['is a link-local address', cidrs('169.254.0.0/16', 'fe80::/10')],
  ['is the unspecified address', cidrs('0.0.0.0/8', '::/128')],
  ['is a multicast or broadcast address', cidrs('224.0.0.0/4', '255.255.255.255', 'ff00::/8')],
  [
    'carries an IPv4 address inside an IPv6 one, which would get around the rules for it',
    cidrs('::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', '2001::/32', '192.88.99.0/24'),
  ],
  [
    'is reserved and belongs to no server',
    cidrs('192.0.0.0/24', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '240.0.0.0/4', '2001:db8::/32'),
  ],
];

/** Reached where somebody said so. */
const LISTED_ONLY: readonly (readonly [string, readonly Cidr[]])[] = [
  ['is a loopback address', cidrs('127.0.0.0/8', '::1')],
  [
    'is a private address',
    cidrs('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15', 'fc00::/7'),
  ],
];

const MAPPED = cidrs('::ffff:0:0/96');
const GLOBAL_IPV6 = cidrs('2000::/3');

/**
 * Decides which addresses may be reached by what a caller names: public ones, and of loopback and private ones those that are listed. An IPv4
 * address that comes in the clothes of an IPv6 one is refused even where the IPv4 address is allowed.
 * @param allowed CIDRs of the setting VIRIDIAN_EXTERNAL_ALLOW
 */
export function createAddressPolicy(allowed: readonly string[]): AddressPolicy {
  const open = cidrs(...allowed);
  return (text) => {
    const address = parseAddress(text);
    if (address === null) return 'is no IP address';
    const isIn = (ranges: readonly Cidr[]): boolean => ranges.some((range) => isWithin(address, range));
    const isMapped = isIn(MAPPED);
    if (isMapped && text.includes(':')) return 'is an IPv4 address written as IPv6';
    const never = NEVER.find(([, ranges]) => isIn(ranges));
    if (never !== undefined) return never[0];
    const listed = LISTED_ONLY.find(([, ranges]) => isIn(ranges));
    if (listed !== undefined) return isIn(open) ? null : `${listed[0]} outside VIRIDIAN_EXTERNAL_ALLOW`;
    return isMapped || isIn(GLOBAL_IPV6) ? null : 'is in no range that servers have';
  };
}
