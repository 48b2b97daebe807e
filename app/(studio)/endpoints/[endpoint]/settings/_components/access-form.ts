import { parseCidr } from '#lib/networks/cidr.ts';

/** Networks as people write them: separated by blanks, commas or lines. */
export function parseNetworks(text: string): string[] {
  return text.split(/[\s,]+/).filter((part) => part !== '');
}

/** The first network that cannot be read, in the words that stand below the field; null where all can. */
export function findNetworkFault(text: string): string | null {
  const wrong = parseNetworks(text).find((network) => parseCidr(network) === null);
  if (wrong === undefined) return null;
  return `"${wrong}" is no network. Write 10.0.0.0/8, 2001:db8::/32 or one address, with no bits set beyond the prefix`;
}
