import { ByteReader, ByteWriter } from './byte-codec.ts';
import type { RollUpRow } from './roll-up-row.ts';
import { SERIES_KINDS, seriesKey, type SeriesKey } from './series-key.ts';

const BLOCK_VERSION = 1;

/** A decoded block: rows as columns over one buffer, in order of time. Payloads are cut out only where somebody looks. */
export interface Block {
  meta: Record<string, unknown>;
  keys: readonly SeriesKey[];
  rowCount: number;
  bucketsMs: Float64Array;
  keyIndexes: Uint32Array;
  payloadStarts: Uint32Array;
  payloadEnds: Uint32Array;
  bytes: Uint8Array;
}

/**
 * The one encoding of rows, in the journal and in the segments: version, facts about the block as JSON, the keys once, then the rows by
 * time. Self-contained, so that a block lost or cut off takes nothing else with it.
 */
export function encodeBlock(meta: Record<string, unknown>, rows: readonly RollUpRow[]): Uint8Array {
  const writer = new ByteWriter(4096);
  writer.byte(BLOCK_VERSION);
  writer.text(JSON.stringify(meta));
  const { keys, indexOf } = collectKeys(rows);
  writer.varint(keys.length);
  for (const key of keys) writeKey(writer, key);
  const ordered = rows.toSorted((a, b) => a.bucketMs - b.bucketMs);
  writer.varint(ordered.length);
  let previousMs = 0;
  for (const row of ordered) {
    writer.varint(row.bucketMs - previousMs);
    writer.varint(indexOf.get(row.key.id)!);
    writer.slice(row.payload);
    previousMs = row.bucketMs;
  }
  return writer.finish();
}

function collectKeys(rows: readonly RollUpRow[]): { keys: SeriesKey[]; indexOf: Map<string, number> } {
  const keys: SeriesKey[] = [];
  const indexOf = new Map<string, number>();
  for (const { key } of rows) {
    if (indexOf.has(key.id)) continue;
    indexOf.set(key.id, keys.length);
    keys.push(key);
  }
  return { keys, indexOf };
}

/** @throws RangeError or SyntaxError when the bytes are no block of this version */
export function decodeBlock(bytes: Uint8Array): Block {
  const { meta, position } = decodeBlockMeta(bytes);
  const reader = new ByteReader(bytes, position);
  const keys = Array.from({ length: reader.varint() }, () => readKey(reader));
  const rowCount = reader.varint();
  const block: Block = {
    meta,
    keys,
    rowCount,
    bucketsMs: new Float64Array(rowCount),
    keyIndexes: new Uint32Array(rowCount),
    payloadStarts: new Uint32Array(rowCount),
    payloadEnds: new Uint32Array(rowCount),
    bytes,
  };
  let bucketMs = 0;
  for (let row = 0; row < rowCount; row += 1) {
    bucketMs += reader.varint();
    block.bucketsMs[row] = bucketMs;
    block.keyIndexes[row] = reader.varint();
    block.payloadStarts[row] = reader.skipSlice();
    block.payloadEnds[row] = reader.position;
  }
  return block;
}

/** Only the facts about a block; its beginning is enough for them. */
export function decodeBlockMeta(bytes: Uint8Array): { meta: Record<string, unknown>; position: number } {
  const reader = new ByteReader(bytes);
  const version = reader.byte();
  if (version !== BLOCK_VERSION) throw new RangeError(`Blocks of version ${version} are not known.`);
  const meta = JSON.parse(reader.text()) as Record<string, unknown>;
  return { meta, position: reader.position };
}

export function rowsOf(block: Block): RollUpRow[] {
  return Array.from({ length: block.rowCount }, (_, row) => ({
    bucketMs: block.bucketsMs[row]!,
    key: block.keys[block.keyIndexes[row]!]!,
    payload: block.bytes.subarray(block.payloadStarts[row], block.payloadEnds[row]),
  }));
}

function writeKey(writer: ByteWriter, key: SeriesKey): void {
  writer.byte(SERIES_KINDS.indexOf(key.kind));
  for (const text of [key.endpoint, key.deployment, key.instance, key.reason]) writer.text(text);
  writer.varint(key.status);
  writer.byte(key.mirrored ? 1 : 0);
}

function readKey(reader: ByteReader): SeriesKey {
  const kind = SERIES_KINDS[reader.byte()];
  if (kind === undefined) throw new RangeError('A block names a kind of series that is not known.');
  const [endpoint, deployment, instance, reason] = [reader.text(), reader.text(), reader.text(), reader.text()];
  const status = reader.varint();
  return seriesKey({ kind, endpoint, deployment, instance, reason, status, mirrored: reader.byte() === 1 });
}
