import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBlock, encodeBlock, rowsOf } from './block-codec.ts';
import { ByteReader, ByteWriter } from './byte-codec.ts';
import { encodeFrame, readFrame } from './frame.ts';
import { seriesKey } from './series-key.ts';

const rows = fc.array(
  fc.record({
    bucketMs: fc.nat(1_000).map((n) => 1_800_000_000_000 + n * 10_000),
    key: fc
      .record({
        kind: fc.constantFrom('up', 'traffic', 'resource', 'capacity'),
        endpoint: fc.string({ maxLength: 8 }),
        deployment: fc.constantFrom('blue', 'green'),
        instance: fc.string({ maxLength: 3 }),
        status: fc.nat(999),
        reason: fc.constantFrom('none', 'queue_full'),
        mirrored: fc.boolean(),
      })
      .map(seriesKey),
    payload: fc.uint8Array({ maxLength: 40 }),
  }),
  { maxLength: 30 },
);

describe('block codec', () => {
  test('varints of every size come back', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat()), (values) => {
        const writer = new ByteWriter(1);
        for (const value of values) writer.varint(value);
        const reader = new ByteReader(writer.finish());
        expect(values.map(() => reader.varint())).toEqual(values);
        expect(reader.done).toBe(true);
      }),
    );
  });

  test('rows come back in order of time with keys and payloads as they were', () => {
    fc.assert(
      fc.property(rows, (input) => {
        const block = decodeBlock(encodeBlock({ applied_journal: 7 }, input));
        expect(block.meta).toEqual({ applied_journal: 7 });
        expect(rowsOf(block)).toEqual(input.toSorted((a, b) => a.bucketMs - b.bucketMs));
      }),
    );
  });

  test('a frame that is cut off or changed anywhere is not read', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (payload, at, flip) => {
          const frame = encodeFrame(payload);
          expect(readFrame(frame, 0)?.payload).toEqual(Buffer.from(payload));
          expect(readFrame(frame.subarray(0, at % frame.length), 0)).toBeNull();
          const damaged = Buffer.from(frame);
          damaged[at % frame.length]! ^= flip;
          expect(readFrame(damaged, 0)).toBeNull();
        },
      ),
    );
  });
});
