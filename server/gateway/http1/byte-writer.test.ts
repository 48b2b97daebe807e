import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from './byte-writer.ts';

describe('ByteWriter', () => {
  it('writes numbers as HTTP does', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 40 }), (value) => {
        const writer = new ByteWriter();
        writer.begin(64);
        writer.hex(value);
        writer.text(' ');
        writer.decimal(value);
        expect(writer.take().toString('latin1')).toBe(`${value.toString(16)} ${value}`);
      }),
    );
  });

  it('never touches what it has given away', () => {
    const writer = new ByteWriter();
    const taken: [Buffer, string][] = [];
    for (let i = 0; i < 3_000; i += 1) {
      writer.begin(400);
      const text = `${i}:${'x'.repeat(i % 300)}`;
      writer.bytes(Buffer.from(text));
      taken.push([writer.take(), text]);
    }
    for (const [bytes, text] of taken) expect(bytes.toString()).toBe(text);
  });

  it('writes over a message that was reclaimed, and over no other', () => {
    const writer = new ByteWriter();
    const say = (text: string): Buffer => {
      writer.begin(400);
      writer.text(text);
      return writer.take();
    };
    const kept = say('kept');
    const reclaimed = say('used');
    writer.reclaim();
    expect([say('next'), reclaimed, kept].map(String)).toEqual(['next', 'next', 'kept']);
  });

  it('refuses a message that no slab holds', () => {
    expect(() => new ByteWriter().begin(1024 * 1024)).toThrow(RangeError);
  });
});
