import { promisify } from 'node:util';
import { unzip, type ZlibOptions } from 'node:zlib';

const unzipAsync = promisify(unzip as (bytes: Buffer, options: ZlibOptions, done: UnzipDone) => void);
type UnzipDone = (error: Error | null, result: Buffer) => void;

/** A body cannot be taken out of its Content-Encoding. */
export class InflateError extends Error {
  override readonly name = 'InflateError';
  readonly status: 400 | 413 | 415;

  constructor(status: 400 | 413 | 415, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/**
 * Takes a body out of `gzip` or `deflate`, which clients of the Open Inference Protocol may send.
 * @param maxBytes bound of the result, because a small body may hold a very large one
 * @throws InflateError
 */
export async function inflateBody(coding: string, body: Buffer, maxBytes: number): Promise<Buffer> {
  if (!['gzip', 'x-gzip', 'deflate'].includes(coding.toLowerCase())) {
    throw new InflateError(415, `Content-Encoding ${coding} is not supported; send gzip, deflate or none.`);
  }
  try {
    return await unzipAsync(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new InflateError(413, `The body is larger than ${maxBytes} bytes.`, { cause });
    }
    throw new InflateError(400, `The body is not valid ${coding}.`, { cause });
  }
}
