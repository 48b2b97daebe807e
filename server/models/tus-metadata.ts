import { UNNAMED_UPLOAD } from '#lib/contracts/upload.ts';
import { AppError } from '#server/kernel/app-error.ts';

/**
 * Reads the Upload-Metadata header: pairs of a key and its value in base 64, separated by commas.
 * The protocol leaves all of them to choice, a filename too.
 * @throws AppError request.malformed
 */
export function parseUploadMetadata(header: string | string[] | undefined): { filename: string; unpack: boolean } {
  const pairs = new Map<string, string>();
  for (const pair of String(header ?? '').split(',')) {
    const [key = '', value = '', ...rest] = pair.trim().split(' ');
    if (key === '') continue;
    if (rest.length > 0 || pairs.has(key) || !/^[A-Za-z0-9+/]*={0,2}$/.test(value))
      throw new AppError(
        'request.malformed',
        'The header Upload-Metadata must hold pairs of a key and a base 64 value.',
      );
    pairs.set(key, Buffer.from(value, 'base64').toString('utf8'));
  }
  return { filename: pairs.get('filename') ?? UNNAMED_UPLOAD, unpack: pairs.get('unpack') !== 'false' };
}
