import { z } from 'zod';
import { AppError } from '#server/kernel/app-error.ts';
import { BATCH_VERSION, HEADER_LENGTH_BYTES, recordsStart } from './encode-request-batch.ts';
import { RECORD_WIDTH, type RequestBatch } from './request-record.ts';

const ROW_BYTES = RECORD_WIDTH * Float64Array.BYTES_PER_ELEMENT;

const headerSchema = z.object({
  version: z.literal(BATCH_VERSION),
  source: z.string(),
  sequence: z.number().int().nonnegative(),
  dropped: z.number().int().nonnegative(),
  targets: z.array(z.tuple([z.string(), z.string(), z.string()])),
});

/** @throws AppError request.malformed when it is not what `encodeRequestBatch` makes; what the records say is not looked at */
export function decodeRequestBatch(body: Buffer): RequestBatch {
  if (body.length < HEADER_LENGTH_BYTES) throw malformed();
  const headerEnd = HEADER_LENGTH_BYTES + body.readUInt32LE();
  const start = recordsStart(headerEnd - HEADER_LENGTH_BYTES);
  if (start > body.length || (body.length - start) % ROW_BYTES !== 0) throw malformed();
  const header = headerSchema.safeParse(parseJson(body.toString('utf8', HEADER_LENGTH_BYTES, headerEnd)));
  if (!header.success) throw malformed();
  const { source, sequence, dropped, targets } = header.data;
  // A copy, because an array of numbers has to start at a multiple of their size.
  const records = new Float64Array((body.length - start) / Float64Array.BYTES_PER_ELEMENT);
  body.copy(Buffer.from(records.buffer), 0, start);
  return { source, sequence, dropped, targets, records };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('request.malformed', 'The header of the batch of request records is not JSON.', { cause });
  }
}

function malformed(): AppError {
  return new AppError('request.malformed', 'The batch of request records does not have the agreed shape.');
}
