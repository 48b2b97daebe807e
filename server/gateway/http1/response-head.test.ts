import { describe, expect, it } from 'vitest';
import { NEED_MORE, REFUSED } from './field-table.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE } from './message-framing.ts';
import { ResponseHead } from './response-head.ts';

function parse(text: string, toHead = false): { position: number; head: ResponseHead } {
  const bytes = Buffer.from(text, 'latin1');
  const head = new ResponseHead();
  return { position: head.parse(bytes, 0, bytes.length, toHead), head };
}

function outcome(text: string): string {
  const { position, head } = parse(text);
  if (position === REFUSED) return head.fault.kind;
  return position === NEED_MORE ? 'need_more' : 'accepted';
}

describe('status line', () => {
  it.each([
    ['HTTP/1.1 200 OK', 'accepted'],
    ['HTTP/1.0 200 OK', 'accepted'],
    ['HTTP/1.1 200 ', 'accepted'],
    ['HTTP/1.1 200', 'accepted'],
    ['HTTP/1.1 599 Caf\u00c3\u00a9', 'accepted'],
    ['HTTP/1.1 000 OK', 'status'],
    ['HTTP/1.1 099 OK', 'status'],
    ['HTTP/1.1 600 OK', 'status'],
    ['HTTP/1.1 2000 OK', 'status_line'],
    ['HTTP/1.1 20 OK', 'status'],
    ['HTTP/1.1 +20 OK', 'status'],
    ['HTTP/1.1 2OO OK', 'status'],
    ['HTTP/1.1  200 OK', 'status'],
    ['HTTP/1.1\t200 OK', 'status_line'],
    ['HTTP/2.0 200 OK', 'status_line'],
    ['HTTP/1.2 200 OK', 'status_line'],
    ['http/1.1 200 OK', 'status_line'],
    ['ICY 200 OK ok', 'status_line'],
    ['HTTP/1.1 200 a\u0000b', 'status_line'],
    ['HTTP/1.1 200 a\rb', 'status_line'],
    ['HTTP/1.1 200 a\u0085b', 'status_line'],
    ['HTTP/1.1 200 a\u00c2\u0085b', 'status_line'],
  ])('%j → %s', (line, expected) => {
    expect(outcome(`${line}\r\nContent-Length: 0\r\n\r\n`)).toBe(expected);
  });

  it('must end in CR LF', () => {
    expect(outcome('HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n')).toBe('status_line');
  });
});

describe('fields of an answer', () => {
  it.each([
    ['X: a\u0000b', 'field_value'],
    ['X : a', 'field_name'],
    ['X: a\r\n folded', 'field_name'],
    ['X: a\nY: b', 'line_end'],
    ['X: a\u0085b', 'field_value'],
    ['X: a\u00c2\u0085b', 'field_value'],
    // "À" in UTF-8: its second octet alone would be a control.
    ['Content-Disposition: attachment; filename="\u00c3\u0080.csv"', 'accepted'],
    ['Content-Length: 1\r\nContent-Length: 1', 'content_length'],
    ['Content-Length: 01', 'content_length'],
    ['Content-Length: 1\r\nTransfer-Encoding: chunked', 'both_lengths'],
    ['Transfer-Encoding: chunked,', 'transfer_encoding'],
    ['Transfer-Encoding: gzip, chunked', 'transfer_encoding'],
    ['Transfer-Encoding: gzip', 'transfer_coding'],
    ['Connection: a b', 'connection'],
  ])('%j → %s', (line, expected) => {
    expect(outcome(`HTTP/1.1 200 OK\r\n${line}\r\n\r\n`)).toBe(expected);
  });

  it('refuses chunked in an HTTP/1.0 answer', () => {
    expect(outcome('HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')).toBe('transfer_encoding');
  });
});

describe('where the body ends', () => {
  it.each([
    ['200', 'Content-Length: 5', false, BODY_LENGTH, 5],
    ['200', 'Content-Length: 0', false, BODY_NONE, 0],
    ['200', 'Transfer-Encoding: chunked', false, BODY_CHUNKED, -1],
    ['200', 'X: y', false, BODY_UNTIL_CLOSE, -1],
    ['204', 'X: y', false, BODY_NONE, -1],
    ['204', 'Content-Length: 5', false, BODY_NONE, -1],
    ['304', 'Content-Length: 5', false, BODY_NONE, 5],
    ['200', 'Content-Length: 5', true, BODY_NONE, 5],
    ['200', 'Transfer-Encoding: chunked', true, BODY_NONE, -1],
    ['103', 'Link: a', false, BODY_NONE, -1],
  ])('%s with %s (HEAD: %s)', (status, line, toHead, kind, length) => {
    const { head } = parse(`HTTP/1.1 ${status} X\r\n${line}\r\n\r\n`, toHead);
    expect([head.bodyKind, head.contentLength]).toEqual([kind, length]);
  });

  it.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 0', true],
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close', false],
    ['HTTP/1.1 200 OK', false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 0', false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive', true],
    // Nobody knows whether the five octets will come.
    ['HTTP/1.1 204 No Content\r\nContent-Length: 5', false],
  ])('%j may be followed by another answer: %s', (text, persistent) => {
    expect(parse(`${text}\r\n\r\n`).head.persistent).toBe(persistent);
  });
});

describe('packet boundaries', () => {
  it.each([
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: a\r\n\r\n',
    'HTTP/1.1 200 OK\r\nX : a\r\n\r\n',
    'HTTP/1.1 000 X\r\n\r\n',
  ])('do not change what %j means', (text) => {
    const bytes = Buffer.from(text, 'latin1');
    const positions = Array.from({ length: bytes.length + 1 }, (_, available) =>
      new ResponseHead().parse(bytes.subarray(0, available), 0, available, false),
    );
    const decided = new Set(positions.filter((position) => position !== NEED_MORE));
    expect([...decided]).toEqual([positions.at(-1)]);
  });
});
