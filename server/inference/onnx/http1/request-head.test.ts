import { describe, expect, test } from 'vitest';
import { parseRequestHead } from './request-head.ts';

const parse = (...lines: string[]) => parseRequestHead(lines.join('\r\n'));

test('a usual request is understood', () => {
  const parsed = parse('POST /score?x=1 HTTP/1.1', 'Host: a', 'Content-Length: 12', 'X-Y:  v ', 'x-y: w');
  expect(parsed).toMatchObject({
    ok: true,
    head: { method: 'POST', path: '/score', query: 'x=1', contentLength: 12, keepAlive: true, expectsContinue: false },
  });
  expect(parsed.ok && parsed.head.headers.get('x-y')).toBe('v, w');
});

describe('the connection stays unless the client or its version says otherwise', () => {
  test.each([
    [['GET / HTTP/1.1', 'Host: a'], true],
    [['GET / HTTP/1.1', 'Host: a', 'Connection: Close'], false],
    [['GET / HTTP/1.0'], false],
  ])('%j', (lines, keepAlive) => {
    expect(parse(...lines)).toMatchObject({ ok: true, head: { keepAlive } });
  });
});

describe('what two parsers could understand differently is refused', () => {
  test.each([
    [400, ['GET / HTTP/1.1']],
    [400, ['GET  / HTTP/1.1', 'Host: a']],
    [400, ['GET / HTTP/1.1 ', 'Host: a']],
    [400, ['GET http://a/ HTTP/1.1', 'Host: a']],
    [400, ['GET /\u00e9 HTTP/1.1', 'Host: a']],
    [400, ['GET / HTTP/1.1', 'Host: a', 'Host: b']],
    [400, ['GET / HTTP/1.1', 'Host: a', ' folded: x']],
    [400, ['GET / HTTP/1.1', 'Host: a', 'No colon']],
    [400, ['GET / HTTP/1.1', 'Host: a', 'Name : x']],
    [400, ['GET / HTTP/1.1', 'Host: a', 'Bare: x\ny']],
    [400, ['POST / HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Content-Length: 1']],
    [400, ['POST / HTTP/1.1', 'Host: a', 'Content-Length: +1']],
    [400, ['POST / HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Transfer-Encoding: chunked']],
    [400, ['POST / HTTP/1.0', 'Transfer-Encoding: chunked']],
    [501, ['POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: gzip, chunked']],
    [417, ['POST / HTTP/1.1', 'Host: a', 'Expect: tea']],
    [505, ['GET / HTTP/2.0', 'Host: a']],
  ])('%i for %j', (status, lines) => {
    expect(parse(...lines)).toMatchObject({ ok: false, fault: { status } });
  });
});
