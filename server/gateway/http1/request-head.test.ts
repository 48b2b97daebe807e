import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldId } from './field-names.ts';
import { NEED_MORE, REFUSED } from './field-table.ts';
import { RequestHead } from './request-head.ts';

function parse(text: string): { position: number; head: RequestHead } {
  const bytes = Buffer.from(text, 'latin1');
  const head = new RequestHead();
  return { position: head.parse(bytes, 0, bytes.length), head };
}

/** `accepted`, or the kind of the fault. */
function outcome(text: string): string {
  const { position, head } = parse(text);
  if (position === REFUSED) return head.fault.kind;
  return position === NEED_MORE ? 'need_more' : 'accepted';
}

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
const withFields = (...lines: string[]): string => `POST /e/score HTTP/1.1\r\nHost: a\r\n${lines.join('\r\n')}\r\n\r\n`;

describe('request line', () => {
  it.each([
    ['origin form', get('/e/score?x=1'), 'accepted'],
    ['HTTP/1.0', 'GET /e HTTP/1.0\r\n\r\n', 'accepted'],
    ['one empty line before it', `\r\n${get('/e')}`, 'accepted'],
    ['an unknown method', 'BREW /e HTTP/1.1\r\nHost: a\r\n\r\n', 'accepted'],
    ['two empty lines before it', `\r\n\r\n${get('/e')}`, 'request_line'],
    ['HTTP/0.9', 'GET /e\r\n\r\n', 'request_line'],
    ['HTTP/2.0', 'GET /e HTTP/2.0\r\nHost: a\r\n\r\n', 'version'],
    ['HTTP/1.2', 'GET /e HTTP/1.2\r\nHost: a\r\n\r\n', 'version'],
    ['HTTP/1.10', 'GET /e HTTP/1.10\r\nHost: a\r\n\r\n', 'request_line'],
    ['lower-case http', 'GET /e http/1.1\r\nHost: a\r\n\r\n', 'request_line'],
    ['two spaces after the method', 'GET  /e HTTP/1.1\r\nHost: a\r\n\r\n', 'request_line'],
    ['two spaces after the target', 'GET /e  HTTP/1.1\r\nHost: a\r\n\r\n', 'request_line'],
    ['a tab instead of a space', 'GET\t/e HTTP/1.1\r\nHost: a\r\n\r\n', 'request_line'],
    ['a space at the end', 'GET /e HTTP/1.1 \r\nHost: a\r\n\r\n', 'request_line'],
    ['a space at the start', ' GET /e HTTP/1.1\r\nHost: a\r\n\r\n', 'request_line'],
    ['a bare LF', 'GET /e HTTP/1.1\nHost: a\r\n\r\n', 'request_line'],
    ['a bare CR inside', 'GET /e\r HTTP/1.1\r\nHost: a\r\n\r\n', 'target'],
    ['TLS instead of HTTP', '\u0016\u0003\u0001\u0002\u0000', 'request_line'],
    ['a method that is no token', 'G(T /e HTTP/1.1\r\nHost: a\r\n\r\n', 'request_line'],
    ['a method of 25 letters', `${'A'.repeat(25)} /e HTTP/1.1\r\nHost: a\r\n\r\n`, 'request_line'],
    ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', 'connect'],
    ['TRACE', 'TRACE /e HTTP/1.1\r\nHost: a\r\n\r\n', 'connect'],
    ['a target of 8 KiB', get(`/${'a'.repeat(8191)}`), 'accepted'],
    ['a target over 8 KiB', get(`/${'a'.repeat(8192)}`), 'target_too_long'],
    ['an endless line', `GET /${'a'.repeat(9000)}`, 'target_too_long'],
  ])('%s', (_name, text, expected) => {
    expect(outcome(text)).toBe(expected);
  });
});

describe('request target', () => {
  it.each([
    ['/e', 'accepted'],
    ['/e/a//b', 'accepted'],
    ['/e/a%20b', 'accepted'],
    ['/e/models/org%2Fname', 'accepted'],
    ['/e/.hidden/a.b/..c/...', 'accepted'],
    ['/e?q=../..', 'accepted'],
    ['/e?q=100%', 'accepted'],
    ['http://other/e/score', 'accepted'],
    ['HTTP://other:80', 'accepted'],
    ['//evil/x', 'target'],
    ['/e#frag', 'target'],
    ['/e\\x', 'target'],
    ['/e?a\\b', 'target'],
    ['/e\u00e9', 'target'],
    ['/e\u007f', 'target'],
    ['*', 'target'],
    ['e/score', 'target'],
    ['http:///e', 'authority'],
    ['http://u@h/e', 'authority'],
    ['http://a,b/e', 'authority'],
    ['http:/e', 'target'],
    ['ftp://a/e', 'target'],
    ['http://a//e', 'target'],
    ['/e/../f', 'path'],
    ['/e/..', 'path'],
    ['/./e', 'path'],
    ['/e/.', 'path'],
    ['/e/%2e%2e/f', 'path'],
    ['/e/.%2E', 'path'],
    ['/e/%2e./f', 'path'],
    ['/e%2f..%2ff', 'path'],
    ['/e/..%2f', 'path'],
    ['/e/..%5cf', 'path'],
    ['/e/%00', 'path'],
    ['/e/%0d%0a', 'path'],
    ['/e/%7f', 'path'],
    ['/e/%', 'path'],
    ['/e/%4', 'path'],
    ['/e/%zz', 'path'],
  ])('%s → %s', (target, expected) => {
    expect(outcome(get(target))).toBe(expected);
  });

  it('takes * with OPTIONS only', () => {
    expect(outcome('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('accepted');
    expect(outcome('OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('target');
  });

  it('tells the parts of an absolute target apart', () => {
    const { head } = parse('GET http://real:8080/e/score?q=1 HTTP/1.1\r\nHost: claimed\r\n\r\n');
    const slice = (start: number, end: number): string => head.bytes.toString('latin1', start, end);
    expect(slice(head.authorityStart, head.authorityEnd)).toBe('real:8080');
    expect(slice(head.pathStart, head.pathEnd)).toBe('/e/score');
    expect(slice(head.pathStart, head.end)).toBe('/e/score?q=1');
  });
});

describe('Host', () => {
  it.each([
    ['Host: a', 'accepted'],
    ['Host: a.b-c:65535', 'accepted'],
    ['Host: [::1]:80', 'accepted'],
    ['Host: 127.0.0.1', 'accepted'],
    ['X: y', 'host'],
    ['Host: a\r\nHost: a', 'host'],
    ['Host:', 'authority'],
    ['Host: a:', 'authority'],
    ['Host: a:65536', 'authority'],
    ['Host: a:http', 'authority'],
    ['Host: user@a', 'authority'],
    ['Host: a/b', 'authority'],
    ['Host: a, b', 'authority'],
    ['Host: a b', 'authority'],
    ['Host: [::1', 'authority'],
    ['Host: []', 'authority'],
    ['Host: .a', 'authority'],
    ['Host: a%00', 'authority'],
  ])('%s → %s', (line, expected) => {
    expect(outcome(`GET /e HTTP/1.1\r\n${line}\r\n\r\n`)).toBe(expected);
  });
});

describe('fields', () => {
  it.each([
    ['an empty value', 'X:', 'accepted'],
    ['blanks around a value', 'X: \t a \t', 'accepted'],
    ['octets above ASCII', 'X: caf\u00e9', 'accepted'],
    ['a space before the colon', 'X : a', 'field_name'],
    ['no colon', 'X', 'field_name'],
    ['no name', ': a', 'field_name'],
    ['a name that is no token', 'X(): a', 'field_name'],
    ['a name above ASCII', 'X\u00e9: a', 'field_name'],
    ['a folded line', 'X: a\r\n b', 'field_name'],
    ['a folded line by tab', 'X: a\r\n\tb', 'field_name'],
    ['NUL', 'X: a\u0000b', 'field_value'],
    ['DEL', 'X: a\u007fb', 'field_value'],
    ['a bare CR', 'X: a\rb', 'line_end'],
    ['a bare LF', 'X: a\nY: b', 'line_end'],
    ['a bare CR at a line start', '\rX: a', 'line_end'],
  ])('%s', (_name, line, expected) => {
    expect(outcome(withFields(line))).toBe(expected);
  });

  it('takes 100 fields and no more', () => {
    const lines = (count: number): string[] => Array.from({ length: count }, (_, i) => `X-${i}: a`);
    expect(outcome(withFields(...lines(99)))).toBe('accepted');
    expect(outcome(withFields(...lines(100)))).toBe('head_too_large');
  });

  it('takes 16 KiB of fields and no more', () => {
    const host = 'Host: a\r\n'.length;
    const lineOf = (bytes: number): string => `X: ${'a'.repeat(bytes - 'X: \r\n'.length)}`;
    const room = 16 * 1024 - host - '\r\n'.length;
    expect(outcome(withFields(lineOf(room)))).toBe('accepted');
    expect(outcome(withFields(lineOf(room + 1)))).toBe('head_too_large');
  });

  it('refuses endless fields before they end', () => {
    expect(outcome(`GET /e HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}`)).toBe('head_too_large');
  });

  it.each(['Authorization', 'api-key', 'X-API-Key', 'azureml-model-deployment', 'Expect'])(
    'refuses a second %s',
    (name) => {
      const value = name === 'Expect' ? '100-continue' : 'a';
      expect(outcome(withFields(`${name}: ${value}`, `${name.toUpperCase()}: ${value}`))).toBe('duplicate');
    },
  );

  it('finds fields whatever their case and keeps their value without blanks', () => {
    const { head } = parse(withFields('x-CUSTOM:  some value\t'));
    expect(head.fields.value(head.fields.findByName('x-custom'))).toBe('some value');
  });
});

describe('framing', () => {
  it.each([
    ['Content-Length: 0', 'accepted'],
    ['Content-Length: 10', 'accepted'],
    ['Transfer-Encoding: chunked', 'accepted'],
    ['Transfer-Encoding: Chunked', 'accepted'],
    ['Content-Length: 01', 'content_length'],
    ['Content-Length: +1', 'content_length'],
    ['Content-Length: -1', 'content_length'],
    ['Content-Length: 1.0', 'content_length'],
    ['Content-Length: 0x1', 'content_length'],
    ['Content-Length: 1 1', 'content_length'],
    ['Content-Length: 1, 1', 'content_length'],
    ['Content-Length:', 'content_length'],
    ['Content-Length: 9999999999999999', 'content_length'],
    ['Content-Length: 1\r\nContent-Length: 1', 'content_length'],
    ['Content-Length: 1\r\nContent-Length: 2', 'content_length'],
    ['Content-Length: 1\r\nTransfer-Encoding: chunked', 'both_lengths'],
    ['Transfer-Encoding: chunked\r\nContent-Length: 1', 'both_lengths'],
    ['Transfer-Encoding: gzip', 'transfer_coding'],
    ['Transfer-Encoding: identity', 'transfer_coding'],
    ['Transfer-Encoding: xchunked', 'transfer_coding'],
    ['Transfer-Encoding: gzip, chunked', 'transfer_encoding'],
    ['Transfer-Encoding: chunked, chunked', 'transfer_encoding'],
    ['Transfer-Encoding: chunked,', 'transfer_encoding'],
    ['Transfer-Encoding: ,chunked', 'transfer_encoding'],
    ['Transfer-Encoding: chunked;q=1', 'transfer_encoding'],
    ['Transfer-Encoding: "chunked"', 'transfer_encoding'],
    ['Transfer-Encoding:', 'transfer_encoding'],
    ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', 'transfer_encoding'],
    ['Transfer-Encoding : chunked', 'field_name'],
    ['Transfer-Encoding:\u000bchunked', 'field_value'],
  ])('%s → %s', (lines, expected) => {
    expect(outcome(withFields(lines))).toBe(expected);
  });

  it('refuses Transfer-Encoding in HTTP/1.0', () => {
    expect(outcome('POST /e HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n')).toBe('transfer_encoding');
  });

  it('knows 100-continue and no other expectation, and only where there is a body to wait for', () => {
    expect(parse(withFields('Expect: 100-Continue', 'Content-Length: 1')).head.expectsContinue).toBe(true);
    expect(parse(withFields('Expect: 100-continue')).head.expectsContinue).toBe(false);
    expect(outcome(withFields('Expect: 200-ok'))).toBe('expectation');
    const old = parse('POST /e HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n');
    expect(old.head.expectsContinue).toBe(false);
  });
});

describe('Connection', () => {
  it.each([
    ['HTTP/1.1', '', true],
    ['HTTP/1.1', 'Connection: close', false],
    ['HTTP/1.1', 'Connection: Keep-Alive, Close', false],
    ['HTTP/1.1', 'Connection: keep-alive\r\nConnection: close', false],
    ['HTTP/1.0', '', false],
    ['HTTP/1.0', 'Connection: keep-alive', true],
  ])('%s with "%s" persists: %s', (version, line, persistent) => {
    const fields = line === '' ? '' : `${line}\r\n`;
    expect(parse(`GET /e ${version}\r\nHost: a\r\n${fields}\r\n`).head.persistent).toBe(persistent);
  });

  it('collects the fields it names', () => {
    const { head } = parse(withFields('Connection: X-One, close ,, x-two'));
    expect(head.nominated?.map(String)).toEqual(['x-one', 'x-two']);
    expect(head.close).toBe(true);
  });

  it('must be a list of tokens', () => {
    expect(outcome(withFields('Connection: a b'))).toBe('connection');
    expect(outcome(withFields('Connection: "close"'))).toBe('connection');
  });
});

describe('packet boundaries', () => {
  const samples = [
    get('/e/score'),
    withFields('Content-Length: 3', 'X-Long: some value', 'Connection: close, x-long'),
    'GET /e HTTP/1.2\r\nHost: a\r\n\r\n',
    withFields('X : a'),
    withFields('X: a\r\n b'),
    withFields('Transfer-Encoding: chunked,'),
    `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    withFields(`X: ${'a'.repeat(17_000)}`, 'Y : b'),
    withFields('X : b', `X: ${'a'.repeat(17_000)}`),
  ];

  it.each(samples.map((text) => [text.slice(0, 60), text]))('do not change what %j means', (_name, text) => {
    const bytes = Buffer.from(text, 'latin1');
    const whole = new RequestHead();
    const end = whole.parse(bytes, 0, bytes.length);
    const step = bytes.length > 2000 ? 37 : 1;
    for (let available = 0; available <= bytes.length; available += step) {
      const part = new RequestHead();
      const position = part.parse(bytes.subarray(0, available), 0, available);
      if (position === NEED_MORE) continue;
      expect([position, part.fault]).toEqual([end, whole.fault]);
    }
  });

  it('do not change what any bytes mean', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'GET ',
        'POST',
        ' /e',
        ' HTTP/1.1',
        '\r\n',
        '\n',
        '\r',
        'Host: a',
        'X: y',
        ': ',
        ' ',
        '\t',
        'Content-Length: 1',
      ),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const bytes = Buffer.from(pieces.join(''), 'latin1');
        const whole = new RequestHead();
        const end = whole.parse(bytes, 0, bytes.length);
        for (let available = 0; available < bytes.length; available += 1) {
          const part = new RequestHead();
          const position = part.parse(bytes.subarray(0, available), 0, available);
          if (position === NEED_MORE) continue;
          expect([position, position === REFUSED ? part.fault.kind : '']).toEqual([
            end,
            end === REFUSED ? whole.fault.kind : '',
          ]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('do not depend on where in a buffer a head lies', () => {
    const text = withFields('Content-Length: 3', 'Authorization: Bearer x');
    const bytes = Buffer.from(`leftover${text}abc`, 'latin1');
    const head = new RequestHead();
    expect(head.parse(bytes, 8, bytes.length)).toBe(8 + text.length);
    expect(head.fields.value(head.fields.findByName('authorization'))).toBe('Bearer x');
    expect(head.contentLength).toBe(3);
  });
});

it('a head that is used again knows nothing of the one before, whether that was whole or not', () => {
  const head = new RequestHead();
  const first = Buffer.from(withFields('TE: a', 'TE: b', 'Authorization: Bearer x'), 'latin1');
  const second = Buffer.from(get('/e'), 'latin1');
  for (const available of [first.length, first.length - 2]) {
    head.parse(first, 0, available);
    if (available < first.length) head.clear();
    expect(head.parse(second, 0, second.length)).toBe(second.length);
    const [te, authorization] = [fieldId('te'), fieldId('authorization')];
    expect([te, authorization].map((id) => head.fields.has(id))).toEqual([false, false]);
    expect(head.fields.isRepeated(te)).toBe(false);
  }
});
