/** A range of addresses. IPv4 is kept as the IPv4-mapped part of IPv6 (`::ffff:0:0/96`), so that one comparison serves both. */
export interface Cidr {
  /** 16 octets. */
  readonly octets: Uint8Array;
  /** Leading bits that count, 0 to 128. */
  readonly prefix: number;
}

const MAPPED_BITS = 96;

/**
 * The 16 octets of an IPv4 or IPv6 address; null for anything else. Octets are decimal without leading zeros, because some programs read
 * those as octal (RFC 6943 section 3.1.1); a zone (`%eth0`) is not part of an address that could be listed.
 */
export function parseAddress(text: string): Uint8Array | null {
  if (text.includes(':')) return parseIpv6(text);
  const octets = parseIpv4(text);
  if (octets === null) return null;
  const address = new Uint8Array(16);
  address.fill(0xff, 10, 12);
  address.set(octets, 12);
  return address;
}

/** `10.0.0.0/8`, `2001:db8::/32`, or one address. Null where it is neither, or has bits beyond its prefix. */
export function parseCidr(text: string): Cidr | null {
  const [address = '', length, ...rest] = text.split('/');
  const octets = parseAddress(address);
  if (octets === null || rest.length > 0) return null;
  const prefix = length === undefined ? 128 : parsePrefix(length, address.includes(':'));
  if (prefix === null || !isZeroFrom(octets, prefix)) return null;
  return { octets, prefix };
}

/** Whether an address, as `parseAddress` gives it, lies in a range. */
export function isWithin(address: Uint8Array, { octets, prefix }: Cidr): boolean {
  const whole = prefix >> 3;
  for (let i = 0; i < whole; i += 1) if (address[i] !== octets[i]) return false;
  const bits = prefix & 7;
  if (bits === 0) return true;
  return ((address[whole] as number) ^ (octets[whole] as number)) >> (8 - bits) === 0;
}

function parsePrefix(text: string, isIpv6: boolean): number | null {
  if (!/^(?:0|[1-9]\d{0,2})$/.test(text)) return null;
  const length = Number(text);
  if (isIpv6) return length <= 128 ? length : null;
  return length <= 32 ? MAPPED_BITS + length : null;
}

function isZeroFrom(octets: Uint8Array, prefix: number): boolean {
  for (let bit = prefix; bit < 128; bit += 1) {
    if (((octets[bit >> 3] as number) >> (7 - (bit & 7))) & 1) return false;
  }
  return true;
}

function parseIpv4(text: string): number[] | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return null;
  const octets = parts.map(Number);
  return octets.every((octet) => octet <= 255) ? octets : null;
}

/** RFC 4291 section 2.2, with the last 32 bits in IPv4 notation where they are written so. */
function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] as string, halves.length === 1);
  const tail = halves.length === 1 ? [] : parseGroups(halves[1] as string, true);
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function parseGroups(text: string, isEnd: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const octets = isEnd && index === parts.length - 1 ? parseIpv4(part) : null;
    if (octets === null) return null;
    const [a, b, c, d] = octets as [number, number, number, number];
    groups.push((a << 8) | b, (c << 8) | d);
  }
  return groups;
}
