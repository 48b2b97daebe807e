import { AppError } from '#server/kernel/app-error.ts';
import { requestBatchSchema, sampleBatchSchema, type RequestRecord, type SampleBatch } from './request-record.ts';

export interface ParsedRequestBatch {
  source: string;
  sequence: number;
  dropped: number;
  targets: readonly (readonly [endpoint: string, deployment: string, instance: string])[];
  records: RequestRecord[];
  /** Records of a shape that cannot be counted. One of them does not take the batch with it. */
  malformed: number;
}

const envelopeSchema = requestBatchSchema.omit({ records: true });
const RECORD_FIELDS = 10;

/** @throws AppError request.malformed when the envelope itself is wrong */
export function parseRequestBatch(body: unknown): ParsedRequestBatch {
  const envelope = envelopeSchema.safeParse(body);
  const records = (body as { records?: unknown } | null)?.records;
  if (!envelope.success || !Array.isArray(records))
    throw new AppError('request.malformed', 'The batch of request records does not have the agreed shape.');
  const { source, sequence, dropped, targets } = envelope.data;
  const sound = records.filter((record): record is RequestRecord => isRecord(record, targets.length));
  return { source, sequence, dropped, targets, records: sound, malformed: records.length - sound.length };
}

/** By hand: a schema would cost more than everything else that happens to a record, tens of thousands of times a second. */
function isRecord(record: unknown, targets: number): boolean {
  if (!Array.isArray(record) || record.length < RECORD_FIELDS) return false;
  for (let field = 0; field < RECORD_FIELDS; field += 1) {
    const value: unknown = record[field];
    if (typeof value !== 'number' || !(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) return false;
  }
  return (record[0] as number) < targets;
}

/** @throws AppError request.malformed */
export function parseSampleBatch(body: unknown): SampleBatch {
  const parsed = sampleBatchSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new AppError('request.malformed', 'The batch of resource samples does not have the agreed shape.');
}
