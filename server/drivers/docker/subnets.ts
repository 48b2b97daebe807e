/** An IPv4 range: its first address as a number, and how many bits of it are the network's. */
export interface Subnet {
  base: number;
  bits: number;
}

/**
 * @param text CIDR such as `10.213.0.0/16`
 * @returns null for anything else, IPv6 included
 */
export function parseSubnet(text: string): Subnet | null {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (found === null) return null;
  const octets = found.slice(1, 5).map(Number);
  const bits = Number(found[5]);
  if (octets.some((octet) => octet > 255) || bits > 32) return null;
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return { base: address - (address % sizeOf(bits)), bits };
}

export function formatSubnet({ base, bits }: Subnet): string {
  return `${formatAddress(base)}/${bits}`;
}

/** Dotted, of an address as a number. */
export function formatAddress(address: number): string {
  return [2 ** 24, 2 ** 16, 2 ** 8, 1].map((unit) => Math.floor(address / unit) % 256).join('.');
}

const sizeOf = (bits: number): number => 2 ** (32 - bits);

export function overlaps(a: Subnet, b: Subnet): boolean {
  return a.base < b.base + sizeOf(b.bits) && b.base < a.base + sizeOf(a.bits);
}

/**
 * Free ranges of a pool in the order to try them. The first is decided by the name, so that the range of a network that has just gone is not the
 * next one's: for a while somebody may still hold its addresses.
 */
export function* freeSubnets(pool: Subnet, bits: number, taken: readonly Subnet[], name: string): Generator<Subnet> {
  const count = 2 ** (bits - pool.bits);
  const start = [...name].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % count, 0);
  for (let step = 0; step < count; step += 1) {
    const candidate = { base: pool.base + ((start + step) % count) * sizeOf(bits), bits };
    if (!taken.some((one) => overlaps(one, candidate))) yield candidate;
  }
}

/** Ranges that this host has a way to besides the default one, from `/proc/net/route` (little-endian hexadecimal). */
export function parseRoutes(table: string): Subnet[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, destination, , , , , , mask] = line.trim().split(/\s+/);
      if (destination === undefined || mask === undefined) return [];
      const bits = [...bigEndian(mask).toString(2)].filter((digit) => digit === '1').length;
      return bits === 0 ? [] : [{ base: bigEndian(destination), bits }];
    });
}

function bigEndian(hex: string): number {
  return Number.parseInt((hex.match(/../g) ?? []).toReversed().join(''), 16);
}
