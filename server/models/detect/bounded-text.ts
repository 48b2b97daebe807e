import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that describes a model is a few pages of text; what is larger is none, and reading it would only cost memory. */
const MAX_DESCRIPTION_BYTES = 1024 * 1024;

/** A description that cannot be read; the message completes "<file> …". */
export class DescriptionError extends Error {
  override readonly name = 'DescriptionError';
}

/**
 * Text of a file inside a model's folder, without a byte-order mark.
 * @throws DescriptionError when it is too large; otherwise only what the file system throws
 */
export async function readBoundedText(
  folder: string,
  path: string,
  maxBytes: number = MAX_DESCRIPTION_BYTES,
): Promise<string> {
  const file = await open(join(folder, path), 'r');
  try {
    const buffer = new Uint8Array(maxBytes + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > maxBytes) throw new DescriptionError(`is larger than ${maxBytes / 1024} KiB and was not read`);
    return new TextDecoder().decode(buffer.subarray(0, length));
  } finally {
    await file.close();
  }
}
