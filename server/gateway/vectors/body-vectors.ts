import { AUTH, chunked, get, post, refused, served, SMUGGLED, type VectorGroup } from './vector.ts';

const LENGTH = 'RFC 9112 6.3';
const CODING = 'RFC 9112 6.1';
const CHUNK = 'RFC 9112 7.1';

const length = (value: string, body = SMUGGLED): string => post(`Content-Length:${value}\r\n`, body);
const coding = (value: string): string => post(`Transfer-Encoding:${value}\r\n`, `0\r\n\r\n${SMUGGLED}`);
/** Closed, and nothing but a part of the request ever went to the model. */
const broken = (name: string, body: string, rule = CHUNK) => refused(rule, name, chunked(body));

export const BODY_LENGTH: VectorGroup = {
  row: '4.4',
  topic: 'Length',
  vectors: [
    served(LENGTH, 'a body of known length', post('Content-Length: 5\r\n', 'hello'), {
      line: 'POST /score',
      body: 'hello',
      has: { 'content-length': '5' },
    }),
    served(LENGTH, 'a length of 0', post('Content-Length: 0\r\n'), { body: '', has: { 'content-length': '0' } }),
    served(LENGTH, 'no length is no body', post(''), { body: '' }),
    served(LENGTH, 'blanks around the length', post('Content-Length: \t5\t \r\n', 'hello'), { body: 'hello' }),
    ...['DELETE', 'OPTIONS', 'GET', 'PATCH'].map((method) =>
      served(
        'RFC 9110 9.3',
        `${method} keeps its body`,
        `${get('/iris/score', `Content-Length: ${SMUGGLED.length}\r\n`, method)}${SMUGGLED}`,
        {
          line: `${method} /score`,
          body: SMUGGLED,
        },
      ),
    ),
    ...['DELETE', 'OPTIONS'].map((method) =>
      served(
        'CVE-2026-29057',
        `${method} keeps its chunks`,
        `${get('/iris/score', 'Transfer-Encoding: chunked\r\n', method)}${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
        {
          line: `${method} /score`,
          body: SMUGGLED,
        },
      ),
    ),
    refused(LENGTH, 'two that differ', post('Content-Length: 0\r\nContent-Length: 40\r\n', SMUGGLED)),
    refused(LENGTH, 'two that agree', post('Content-Length: 5\r\nContent-Length: 5\r\n', `hello${SMUGGLED}`)),
    refused('RFC 9110 8.6', 'a list that agrees', length(' 0, 0')),
    refused('RFC 9110 8.6', 'a list that differs', length(' 0, 40')),
    refused('RFC 9110 8.6', 'a plus sign', length(' +0')),
    refused('RFC 9110 8.6', 'a minus sign', length(' -1')),
    refused('RFC 9110 8.6', 'leading zeros', length(' 00')),
    refused('RFC 9110 8.6', 'hexadecimal', length(' 0x0')),
    refused('RFC 9110 8.6', 'a fraction', length(' 0.0')),
    refused('RFC 9110 8.6', 'an exponent', length(' 0e1')),
    refused('RFC 9110 8.6', 'a space inside', length(' 0 0')),
    refused('RFC 9110 8.6', 'an underscore', length(' 0_0')),
    refused('RFC 9110 8.6', 'quotes', length(' "0"')),
    refused('RFC 9110 8.6', 'no digits', length('')),
    refused('RFC 9110 8.6', 'more than 2^53', length(' 9007199254740993')),
    refused('RFC 9110 8.6', 'more than 2^64', length(' 18446744073709551616')),
    refused(
      CODING,
      'Content-Length with Transfer-Encoding',
      post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
    ),
    refused(
      CODING,
      'Transfer-Encoding with Content-Length',
      post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `0\r\n\r\n${SMUGGLED}`),
    ),
    refused(
      CODING,
      'Transfer-Encoding with a malformed Content-Length',
      post('Transfer-Encoding: chunked\r\nContent-Length: x\r\n', `0\r\n\r\n${SMUGGLED}`),
    ),
    refused(
      CODING,
      'Transfer-Encoding that Connection names, with Content-Length',
      post(
        'Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n',
        `0\r\n\r\n${SMUGGLED}`,
      ),
    ),
    refused(
      CODING,
      'chunked in HTTP/1.0',
      `POST /iris/score HTTP/1.0\r\n${AUTH}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ),
    refused(CODING, 'chunked twice', coding(' chunked, chunked')),
    refused(
      CODING,
      'chunked in two fields',
      post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
    ),
    refused(
      CODING,
      'chunked and identity in two fields',
      post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', `0\r\n\r\n${SMUGGLED}`),
    ),
    refused(CODING, 'chunked with a comma behind', coding(' chunked,')),
    refused(CODING, 'chunked with a comma before', coding(' ,chunked')),
    refused(CODING, 'gzip, chunked', coding(' gzip, chunked')),
    refused(CODING, 'chunked, gzip', coding(' chunked, gzip')),
    refused(CODING, 'chunked with a parameter', coding(' chunked;q=1')),
    refused(CODING, 'chunked in quotes', coding(' "chunked"')),
    refused(CODING, 'an empty coding', coding('')),
    refused(CODING, 'gzip', coding(' gzip'), 501),
    refused(CODING, 'identity', coding(' identity'), 501),
    refused(CODING, 'a name that ends with chunked', coding(' xchunked'), 501),
    refused('RFC 9110 5.5', 'a vertical tab before chunked', coding(' \u000bchunked')),
    refused('RFC 9110 5.5', 'NUL behind chunked', coding(' chunked\u0000')),
    refused(
      'RFC 9112 5.1',
      'a space before the colon of Transfer-Encoding',
      post('Transfer-Encoding : chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
    ),
    refused(
      'RFC 9112 5.1',
      'a tab before the colon of Transfer-Encoding',
      post('Transfer-Encoding\t: chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
    ),
    refused('RFC 9112 5.1', 'a space before the colon of Content-Length', post('Content-Length : 40\r\n', SMUGGLED)),
    refused(
      'RFC 9112 5.2',
      'a folded Transfer-Encoding',
      post('Transfer-Encoding:\r\n chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
    ),
    served(
      'RFC 9110 5.1',
      'a twin of Transfer-Encoding with _',
      post('Transfer_Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'),
      { body: '0\r\n\r\n', lacks: ['transfer_encoding', 'transfer-encoding'] },
    ),
    served('RFC 9110 5.1', 'a twin of Content-Length with _', post('Content_Length: 40\r\nContent-Length: 0\r\n'), {
      body: '',
      lacks: ['content_length'],
    }),
  ],
};

export const CHUNKED_BODY: VectorGroup = {
  row: '4.5',
  topic: 'Chunked',
  vectors: [
    served(CHUNK, 'one chunk', chunked('5\r\nhello\r\n0\r\n\r\n'), { body: 'hello' }),
    served(CHUNK, 'a size in capitals with leading zeros', chunked('00A\r\n0123456789\r\n0\r\n\r\n'), {
      body: '0123456789',
    }),
    served(CHUNK, 'several zeros end the body', chunked('1\r\na\r\n000\r\n\r\n'), { body: 'a' }),
    served(
      'RFC 9110 5.6.2',
      'names of coding and field in any case',
      post('tRANSFER-eNCODING: Chunked\r\n', '1\r\na\r\n0\r\n\r\n'),
      { body: 'a', has: { 'transfer-encoding': 'chunked' } },
    ),
    served(
      'RFC 9112 7.1.1',
      'extensions are dropped',
      chunked('5;ext=planted\r\nhello\r\n0;planted\r\n\r\n'),
      { body: 'hello' },
      { hidden: ['planted'] },
    ),
    served(
      'RFC 9112 7.1.1',
      'a quoted extension is dropped',
      chunked('5;ext="planted;x"\r\nhello\r\n0\r\n\r\n'),
      { body: 'hello' },
      { hidden: ['planted'] },
    ),
    served('RFC 9112 7.1.1', 'blanks before an extension are dropped', chunked('5 \t;ext\r\nhello\r\n0\r\n\r\n'), {
      body: 'hello',
    }),
    served(
      CHUNK,
      'octet by octet',
      chunked('5\r\nhello\r\n0\r\n\r\n'),
      { body: 'hello' },
      { pieces: [...chunked('5\r\nhello\r\n0\r\n\r\n')] },
    ),
    served(
      CHUNK,
      'data that looks like a request',
      chunked(`${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`),
      { body: SMUGGLED },
    ),
    served(CHUNK, 'data that looks like the last chunk', chunked('7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n'), {
      body: '\r\n0\r\n\r\n',
    }),
    broken('a size with a prefix', `0x0\r\n\r\n${SMUGGLED}`),
    broken('a size with a plus sign', `+0\r\n\r\n${SMUGGLED}`),
    broken('a size with a minus sign', `-1\r\n\r\n${SMUGGLED}`),
    broken('a size with an underscore', `3_0\r\n\r\n${SMUGGLED}`),
    broken('a size that is no number', `G\r\n\r\n${SMUGGLED}`),
    broken('a size with a space before', ` 0\r\n\r\n${SMUGGLED}`),
    broken('a size with a space behind', `0 \r\n\r\n${SMUGGLED}`),
    broken('no size', `\r\n\r\n${SMUGGLED}`),
    broken('an extension without a size', `;x\r\n\r\n${SMUGGLED}`),
    broken('a size of 2^64', `10000000000000000\r\na\r\n0\r\n\r\n${SMUGGLED}`),
    broken('a size of 2^32 and one, as 32 bits would read it', `100000001\u0000\r\na\r\n0\r\n\r\n${SMUGGLED}`),
    broken('LF behind the size', `0\n\r\n${SMUGGLED}`, 'RFC 9112 2.2'),
    broken('a bare CR behind the size', `0\r\r\n\r\n${SMUGGLED}`, 'RFC 9112 2.2'),
    broken('LF behind the data', `1\r\na\n0\r\n\r\n${SMUGGLED}`, 'RFC 9112 2.2'),
    broken('a chunk longer than its size', `1\r\nabc\r\n0\r\n\r\n${SMUGGLED}`),
    broken('a chunk shorter than its size', `8\r\na\r\n0\r\n\r\n${SMUGGLED}`),
    broken('no line end behind the data', `1\r\na0\r\n\r\n${SMUGGLED}`),
    broken('LF in an extension', `1;a\nb\r\na\r\n0\r\n\r\n${SMUGGLED}`, 'RFC 9112 7.1.1'),
    broken('a bare CR in an extension', `1;a\rb\r\na\r\n0\r\n\r\n${SMUGGLED}`, 'RFC 9112 7.1.1'),
    broken('NUL in an extension', `1;a\u0000\r\na\r\n0\r\n\r\n${SMUGGLED}`, 'RFC 9112 7.1.1'),
    broken('an extension of 5 KiB', `1;${'a'.repeat(5_000)}\r\na\r\n0\r\n\r\n${SMUGGLED}`, 'RFC 9112 7.1.1'),
    broken(
      'extensions of 6 KiB in sum',
      `${`1;${'a'.repeat(100)}\r\na\r\n`.repeat(60)}0\r\n\r\n${SMUGGLED}`,
      'RFC 9112 7.1.1',
    ),
  ],
};

export const TRAILERS: VectorGroup = {
  row: '4.6',
  topic: 'Trailers',
  vectors: [
    served(
      'RFC 9110 6.5.1',
      'of a request are dropped',
      post('Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n', '1\r\na\r\n0\r\nX-Sum: planted\r\n\r\n'),
      { body: 'a', trailers: '', lacks: ['trailer'] },
      { hidden: ['planted'] },
    ),
    served(
      'RFC 9110 6.5.1',
      'that frame, route or authorise are dropped',
      chunked('1\r\na\r\n0\r\nContent-Length: 9\r\nHost: planted\r\nAuthorization: planted\r\n\r\n'),
      { body: 'a', trailers: '' },
      { hidden: ['planted'] },
    ),
    broken('a space before the colon', `0\r\nX : a\r\n\r\n${SMUGGLED}`, 'RFC 9112 5.1'),
    broken('a folded line', `0\r\nX: a\r\n b\r\n\r\n${SMUGGLED}`, 'RFC 9112 5.2'),
    broken('a line that ends with LF', `0\r\nX: a\n\r\n${SMUGGLED}`, 'RFC 9112 2.2'),
    broken('NUL', `0\r\nX: a\u0000\r\n\r\n${SMUGGLED}`, 'RFC 9110 5.5'),
    broken('9 KiB', `0\r\nX: ${'a'.repeat(9_000)}\r\n\r\n${SMUGGLED}`, 'RFC 9112 7.1.2'),
    broken('a line without a colon', `0\r\nGET /x HTTP/1.1\r\n\r\n${SMUGGLED}`, 'RFC 9112 7.1.2'),
    {
      ...served(
        'RFC 9110 6.5.1',
        'of an answer come through to who asked',
        get('/iris/score', 'TE: trailers\r\nConnection: TE\r\n'),
        { has: { te: 'trailers' } },
      ),
      model: { says: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\ngrpc-status: 0\r\n\r\n' },
      client: { answers: [{ status: 200, body: 'hi', trailers: 'grpc-status: 0' }], closes: false },
    },
    {
      ...served('RFC 9110 6.5.1', 'of an answer are dropped for who did not ask', get(), { lacks: ['te'] }),
      model: { says: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\ngrpc-status: 0\r\n\r\n' },
      client: { answers: [{ status: 200, body: 'hi', trailers: '' }], closes: false },
    },
    {
      ...served(
        'RFC 9110 6.5.1',
        'of an answer that frame or set cookies are dropped',
        get('/iris/score', 'TE: trailers\r\nConnection: TE\r\n'),
      ),
      model: {
        says: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nSet-Cookie: a=1\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n',
      },
      client: { answers: [{ status: 200, body: 'hi', trailers: '' }], closes: false },
    },
    served('RFC 9110 10.1.4', 'TE of other codings is dropped', get('/iris/score', 'TE: gzip\r\nConnection: TE\r\n'), {
      lacks: ['te'],
    }),
  ],
};
