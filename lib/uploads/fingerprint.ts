import type { UploadFile } from './tar-blob.ts';

/** Names, sizes and times of what was picked: the same again means the same upload. Short, since it is kept as a key in the browser. */
export function fingerprintOf(files: readonly UploadFile[]): string {
  const facts = files.map(({ path, file }) => `${path}:${file.size}:${file.lastModified ?? 0}`).toSorted();
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  return `viridian-${files.length}-${total}-${hash53(facts.join('|')).toString(36)}`;
}

/**
 * 53 bits of a text (cyrb53, public domain). Not cryptographic: `crypto.subtle` is missing where the studio is opened over plain HTTP, and a clash only
 * matters between files of equal number and total size of one person.
 */
function hash53(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}
