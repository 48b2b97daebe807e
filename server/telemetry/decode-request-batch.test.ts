import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRequestBatch } from './decode-request-batch.ts';
import { encodeRequestBatch } from './encode-request-batch.ts';
import { RECORD_WIDTH } from './request-record.ts';

const row = fc.array(fc.double({ noNaN: true }), { minLength: RECORD_WIDTH, maxLength: RECORD_WIDTH });
const batch = fc.record({
  source: fc.string(),
  sequence: fc.nat(),
  dropped: fc.nat(),
  targets: fc.array(fc.tuple(fc.string(), fc.string(), fc.string())),
  records: fc.array(row).map((rows) => Float64Array.from(rows.flat())),
});

describe('a batch of request records', () => {
  it('arrives as it was sent, whatever its names and numbers are', () => {
    fc.assert(
      fc.property(batch, (sent) => {
        expect(decodeRequestBatch(Buffer.concat(encodeRequestBatch(sent)))).toEqual(sent);
      }),
    );
  });

  it('that is cut anywhere but between two records is refused as malformed', () => {
    fc.assert(
      fc.property(batch, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (sent, share) => {
        const [header, records] = encodeRequestBatch(sent);
        const body = Buffer.concat([header, records]);
        const length = Math.floor(body.length * share);
        fc.pre(length < header.length || (length - header.length) % (RECORD_WIDTH * 8) !== 0);
        expect(() => decodeRequestBatch(body.subarray(0, length))).toThrow('agreed shape');
      }),
    );
  });
});
