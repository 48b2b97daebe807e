import { parseCidr } from '#lib/networks/cidr.ts';

/** Networks or origins as people write them: separated by blanks, commas or lines. */
export function parseWords(text: string): string[] {
  return text.split(/[\s,]+/).filter((part) => part !== '');
}

/** The first network that cannot be read, in the words that stand below the field; null where all can. */
export function findNetworkFault(text: string): string | null {
  const wrong = parseWords(text).find((network) => parseCidr(network) === null);
  if (wrong === undefined) return null;
  return `"${wrong}" is no network. Write 10.0.0.0/8, 2001:db8::/32 or one address, with no bits set beyond the prefix`;
}

/** The first origin that no browser would send, in the words that stand below the field; null where all are right. */
export function findOriginFault(text: string): string | null {
  const wrong = parseWords(text).find((origin) => origin !== '*' && !isOrigin(origin));
  return wrong === undefined
    ? null
    : `"${wrong}" is no origin. Write https://app.example.org, without a path, or * for all`;
}

/** Browsers send an origin exactly as URL writes it (RFC 6454 section 6.1). */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
