export interface ListedObject {
  key: string;
  sizeBytes: number;
}

export interface Listing {
  objects: ListedObject[];
  /** Null on the last page. */
  nextToken: string | null;
}

/**
 * Reads an answer of ListObjectsV2 that was asked for with `encoding-type=url`: keys hold no markup then.
 * Null for what is no such answer.
 */
export function parseListing(xml: string): Listing | null {
  if (!/<ListBucketResult[\s>]/.test(xml)) return null;
  const objects: ListedObject[] = [];
  for (const [, inner = ''] of xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
    const key = elementOf(inner, 'Key');
    const size = Number(elementOf(inner, 'Size') ?? 'none');
    if (key === null || !Number.isSafeInteger(size)) return null;
    objects.push({ key: decodeKey(key), sizeBytes: size });
  }
  const isCut = elementOf(xml, 'IsTruncated') === 'true';
  const token = elementOf(xml, 'NextContinuationToken');
  return { objects, nextToken: isCut && token !== null ? unescapeMarkup(token) : null };
}

/** `NoSuchBucket`, `AccessDenied`, …; empty where the answer says nothing. */
export const parseS3Error = (xml: string): string => elementOf(xml, 'Code') ?? '';

function elementOf(xml: string, name: string): string | null {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? null;
}

/** Servers write a space as `+`. */
function decodeKey(text: string): string {
  const plain = unescapeMarkup(text).replaceAll('+', ' ');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescapeMarkup = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|apos);/g, (whole, name: string) => ENTITIES[name] ?? whole);
