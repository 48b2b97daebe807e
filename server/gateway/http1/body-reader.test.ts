import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyReader } from './body-reader.ts';
import { REFUSED } from './field-table.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_UNTIL_CLOSE, type BodyKind } from './message-framing.ts';

interface Read {
  data: string;
  rest: string;
  outcome: string;
  trailers: string[];
}

/** Reads a body that arrives in these pieces. */
function read(kind: BodyKind, length: number, pieces: readonly Buffer[]): Read {
  const reader = new BodyReader();
  reader.start(kind, length);
  let data = '';
  let rest = '';
  const sink = {
    onBodyData(bytes: Buffer, start: number, end: number) {
      data += bytes.toString('latin1', start, end);
    },
  };
  for (const piece of pieces) {
    const position = reader.read(piece, 0, piece.length, sink);
    if (position === REFUSED) return { data, rest, outcome: reader.fault.kind, trailers: [] };
    rest += piece.toString('latin1', position);
  }
  const { trailers } = reader;
  const names = trailers === null ? [] : Array.from({ length: trailers.count }, (_, line) => trailers.value(line));
  return { data, rest, outcome: reader.done ? 'done' : 'open', trailers: names };
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const chunked = (text: string): Read => read(BODY_CHUNKED, -1, [latin1(text)]);

describe('chunked bodies', () => {
  it.each([
    ['0\r\n\r\n', '', 'done'],
    ['3\r\nabc\r\n0\r\n\r\n', 'abc', 'done'],
    ['03\r\nabc\r\n000\r\n\r\n', 'abc', 'done'],
    ['A\r\n0123456789\r\n0\r\n\r\n', '0123456789', 'done'],
    ['3;ext=1\r\nabc\r\n0;x\r\n\r\n', 'abc', 'done'],
    ['3 ;ext\r\nabc\r\n0\r\n\r\n', 'abc', 'done'],
    ['3;a="\r;"\r\nabc\r\n0\r\n\r\n', '', 'chunk'],
    ['3\r\nabc\r\n', 'abc', 'open'],
    ['3\r\nabc\r\n0\r\n', 'abc', 'open'],
    ['3\nabc\r\n0\r\n\r\n', '', 'chunk'],
    ['3\r\nabc\n0\r\n\r\n', 'abc', 'chunk'],
    ['3\r\nabcd\r\n0\r\n\r\n', 'abc', 'chunk'],
    ['3\r\nabc0\r\n\r\n', 'abc', 'chunk'],
    ['3 \r\nabc\r\n0\r\n\r\n', '', 'chunk'],
    [' 3\r\nabc\r\n0\r\n\r\n', '', 'chunk'],
    ['+3\r\nabc\r\n0\r\n\r\n', '', 'chunk'],
    ['-3\r\nabc\r\n0\r\n\r\n', '', 'chunk'],
    ['0x3\r\nabc\r\n0\r\n\r\n', '', 'chunk'],
    ['3_0\r\nabc\r\n0\r\n\r\n', '', 'chunk'],
    ['\r\n3\r\nabc\r\n0\r\n\r\n', '', 'chunk'],
    [';x\r\nabc\r\n0\r\n\r\n', '', 'chunk'],
    ['3;a\nb\r\nabc\r\n0\r\n\r\n', '', 'chunk'],
    ['3;a\u0000\r\nabc\r\n0\r\n\r\n', '', 'chunk'],
    ['fffffffffffffffff\r\n', '', 'chunk'],
    ['0\r\nX : a\r\n\r\n', '', 'trailer'],
    ['0\r\nX: a\n\r\n', '', 'trailer'],
    ['0\r\n X: a\r\n\r\n', '', 'trailer'],
  ])('%j', (text, data, outcome) => {
    expect(chunked(text)).toMatchObject({ data, outcome });
  });

  it('hand on their trailer fields', () => {
    expect(chunked('1\r\na\r\n0\r\nX-Sum: 12\r\nY: z\r\n\r\nGET')).toEqual({
      data: 'a',
      rest: 'GET',
      outcome: 'done',
      trailers: ['12', 'z'],
    });
  });

  it('are refused when their extensions are long', () => {
    expect(chunked(`1;${'a'.repeat(5000)}\r\na\r\n0\r\n\r\n`).outcome).toBe('chunk_extension');
    const many = `1;${'a'.repeat(100)}\r\na\r\n`.repeat(60);
    expect(chunked(`${many}0\r\n\r\n`).outcome).toBe('chunk_extension');
  });

  it('are refused when their trailers are long', () => {
    expect(chunked(`0\r\nX: ${'a'.repeat(9000)}`).outcome).toBe('trailer');
    expect(chunked(`0\r\nX: ${'a'.repeat(9000)}\r\n\r\n`).outcome).toBe('trailer');
  });

  it('decode to the same whatever the packets', () => {
    const body = fc.array(
      fc.record({ data: fc.string({ minLength: 1, maxLength: 40 }), extension: fc.constantFrom('', ';a', ' ;b=c') }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(
        body,
        fc.constantFrom('', 'X: y\r\n'),
        fc.array(fc.nat(200), { maxLength: 8 }),
        (parts, trailer, cuts) => {
          const data = parts.map((part) => latin1(part.data).toString('latin1')).join('');
          const encoded = parts.map((part) => {
            const octets = latin1(part.data);
            return `${octets.length.toString(16)}${part.extension}\r\n${octets.toString('latin1')}\r\n`;
          });
          const bytes = latin1(`${encoded.join('')}0\r\n${trailer}\r\nNEXT`);
          const points = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length];
          const pieces = points.slice(1).map((point, i) => bytes.subarray(points[i], point));
          const expected = { data, rest: 'NEXT', outcome: 'done', trailers: trailer === '' ? [] : ['y'] };
          expect(read(BODY_CHUNKED, -1, pieces)).toEqual(expected);
          const single = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
          expect(read(BODY_CHUNKED, -1, single)).toEqual(expected);
        },
      ),
    );
  });

  it('are refused for the same reason whatever the packets', () => {
    const piece = fc.constantFrom('1', '3', 'a', '\r\n', '\r', '\n', ';', ' ', '0', 'xyz', 'X: y');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const bytes = latin1(pieces.join(''));
        const whole = read(BODY_CHUNKED, -1, [bytes]);
        const single = read(
          BODY_CHUNKED,
          -1,
          Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)),
        );
        expect(single).toEqual(whole);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('bodies of known length', () => {
  it('end after their last octet', () => {
    expect(read(BODY_LENGTH, 3, [latin1('ab'), latin1('cGET')])).toMatchObject({
      data: 'abc',
      rest: 'GET',
      outcome: 'done',
    });
    expect(read(BODY_LENGTH, 3, [latin1('ab')])).toMatchObject({ data: 'ab', outcome: 'open' });
  });
});

describe('bodies that end with the connection', () => {
  it('take everything and are never done', () => {
    expect(read(BODY_UNTIL_CLOSE, -1, [latin1('ab'), latin1('')])).toMatchObject({
      data: 'ab',
      rest: '',
      outcome: 'open',
    });
  });
});
