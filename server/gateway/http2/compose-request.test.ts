import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestHead } from '../http1/request-head.ts';
import { composeRequest } from './compose-request.ts';

const PSEUDO = [':method', 'POST', ':scheme', 'https', ':path', '/iris/score', ':authority', 'gateway.test'];
const compose = (fields: readonly string[], complete = false, domain: string | null = null) =>
  composeRequest([...PSEUDO, ...fields], complete, domain);
const textOf = (fields: readonly string[], complete = false, domain: string | null = null): string | undefined =>
  compose(fields, complete, domain)?.octets.toString('latin1');

describe('a request of HTTP/2 in the words of HTTP/1.1', () => {
  it('has its authority as Host, its fields as lines, and framing for a body of unknown length', () => {
    expect(textOf(['x-a', '1', 'x-a', '2'])).toBe(
      'POST /iris/score HTTP/1.1\r\nhost: gateway.test\r\nx-a: 1\r\nx-a: 2\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    expect(textOf([], true)).not.toContain('transfer-encoding');
    expect(textOf(['content-length', '5'])).not.toContain('transfer-encoding');
  });

  it('has one Cookie field, whatever crumbs it came in', () => {
    expect(textOf(['cookie', 'a=1', 'x-b', '2', 'cookie', 'c=3'])).toContain('\r\ncookie: a=1; c=3\r\n');
  });

  it('keeps a Host that repeats the authority once, and one that differs beside it', () => {
    expect(textOf(['host', 'gateway.test'])?.match(/host:/g)).toHaveLength(1);
    expect(textOf(['host', 'other.test'])?.match(/host:/g)).toHaveLength(2);
  });

  it.each([
    ['an absolute path', 'http://other.test/score'],
    ['an empty path', ''],
    ['a space in the path', '/a b'],
    ['a line end in the path', '/a\r\nx: y'],
  ])('is none with %s', (_name, path) => {
    expect(composeRequest([':method', 'GET', ':path', path, ':authority', 'a'], true, null)).toBeNull();
  });

  it('holds nothing that was not a field of its own, whatever octets it was made of', () => {
    const octets = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
    const name = fc.oneof(
      octets,
      fc.constantFrom('x-a', 'cookie', 'te', 'host', 'content-length', 'transfer-encoding'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, octets), { maxLength: 6 }), (fields) => {
        const request = compose(fields.flat());
        if (request === null) return;
        const lines = request.octets.toString('latin1').split('\r\n');
        // Request line, Host, at most one line for each field and one for framing, and the empty end.
        expect(lines.length).toBeLessThanOrEqual(fields.length + 5);
        expect(lines.slice(-2)).toEqual(['', '']);
        const head = new RequestHead();
        const end = head.parse(request.octets, 0, request.octets.length);
        expect(end === -1 || end === request.octets.length).toBe(true);
      }),
    );
  });
});

describe('a call of gRPC', () => {
  const GRPC = ['content-type', 'application/grpc+proto'];

  it('has the endpoint that its metadata names before its path, and that name nowhere else', () => {
    const text = textOf([...GRPC, 'viridian-endpoint', 'Iris']);
    expect(text).toContain('POST /Iris/iris/score HTTP/1.1\r\n');
    expect(text).not.toContain('viridian-endpoint');
  });

  it('has none before it where the authority names it', () => {
    const authority = [':method', 'POST', ':path', '/p.S/M', ':authority', 'iris.models.test:8443'];
    const request = composeRequest([...authority, ...GRPC, 'viridian-endpoint', 'other'], false, 'models.test');
    expect(request?.octets.toString('latin1')).toContain('POST /p.S/M HTTP/1.1\r\n');
    expect(request?.lacksEndpoint).toBe(false);
  });

  it.each([[[]], [['viridian-endpoint', 'a/b']], [['viridian-endpoint', '']]])(
    'without an endpoint (%j) is told so',
    (fields) => {
      expect(compose([...GRPC, ...fields])).toMatchObject({ isGrpc: true, lacksEndpoint: true });
    },
  );

  it('takes trailers, said or not', () => {
    expect(textOf(GRPC)?.match(/te: trailers/g)).toHaveLength(1);
    expect(textOf([...GRPC, 'te', 'trailers'])?.match(/te: trailers/g)).toHaveLength(1);
  });
});
