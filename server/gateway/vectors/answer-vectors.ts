import { AUTH, badAnswer, get, modelSays, PLANTED_ANSWER, post, served, type VectorGroup } from './vector.ts';

const ok = (fields: string, body = ''): string => `HTTP/1.1 200 OK\r\n${fields}\r\n${body}`;
const EMPTY = 'Content-Length: 0\r\n';
const status = (line: string): string => `${line}\r\n${EMPTY}\r\n`;

export const INTERIM: VectorGroup = {
  row: '4.10',
  topic: '1xx',
  vectors: [
    modelSays(
      'RFC 8297 2',
      '103 goes to the client',
      `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok(EMPTY)}`,
      { status: 200 },
      {
        client: { answers: [{ status: 103, has: { link: '</a>' } }, { status: 200 }], closes: false },
      },
    ),
    modelSays('RFC 9110 15.2.1', '100 that nobody waits for is dropped', `HTTP/1.1 100 Continue\r\n\r\n${ok(EMPTY)}`, {
      status: 200,
    }),
    modelSays(
      'RFC 9110 15.2',
      'an interim answer that nobody knows goes to the client',
      `HTTP/1.1 199 X\r\n\r\n${ok(EMPTY)}`,
      { status: 200 },
      {
        client: { answers: [{ status: 199 }, { status: 200 }], closes: false },
      },
    ),
    modelSays(
      'RFC 9110 15.2',
      'never to HTTP/1.0',
      `HTTP/1.1 103 Early Hints\r\n\r\n${ok('Content-Length: 2\r\n', 'ok')}`,
      { status: 200, body: 'ok' },
      {
        send: `GET /iris/score HTTP/1.0\r\n${AUTH}\r\n`,
        client: { answers: [{ status: 200, body: 'ok' }], closes: true },
      },
    ),
    badAnswer('RFC 9110 15.2', 'endless interim answers', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(40)),
  ],
};

export const BODYLESS: VectorGroup = {
  row: '4.11',
  topic: 'HEAD, 204, 304',
  vectors: [
    served(
      'RFC 9110 9.3.2',
      'HEAD keeps its Content-Length',
      get('/iris/score', '', 'HEAD'),
      { line: 'HEAD /score' },
      {
        head: true,
        model: { says: ok('Content-Length: 500\r\n') },
        client: { answers: [{ status: 200, has: { 'content-length': '500' } }], closes: false },
      },
    ),
    served(
      'RFC 9110 9.3.2',
      'a body to HEAD is thrown away with its connection',
      get('/iris/score', '', 'HEAD'),
      {},
      {
        head: true,
        model: { says: ok('Content-Length: 6\r\n', 'POISON') },
        client: { answers: [{ status: 200 }], closes: false },
      },
    ),
    modelSays('RFC 9110 15.3.5', '204 has no body', 'HTTP/1.1 204 No Content\r\n\r\n', {
      status: 204,
      lacks: ['content-length', 'transfer-encoding'],
    }),
    modelSays(
      'RFC 9110 8.6',
      '204 loses its Content-Length',
      `HTTP/1.1 204 No Content\r\nContent-Length: 66\r\n\r\n${PLANTED_ANSWER}`,
      { status: 204, lacks: ['content-length'] },
    ),
    modelSays(
      'RFC 9112 6.3',
      '204 loses its chunks',
      'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      { status: 204, lacks: ['transfer-encoding'] },
    ),
    modelSays(
      'RFC 9110 15.4.5',
      '304 keeps its Content-Length and has no body',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 66\r\nETag: "a"\r\n\r\n',
      { status: 304, has: { 'content-length': '66', etag: '"a"' } },
    ),
    modelSays(
      'RFC 9112 6.3',
      'a body behind 304 is thrown away with its connection',
      `HTTP/1.1 304 Not Modified\r\n\r\n${PLANTED_ANSWER}`,
      { status: 304 },
    ),
  ],
};

export const BAD_ANSWERS: VectorGroup = {
  row: '4.16a',
  topic: 'Answers a model should not give',
  vectors: [
    badAnswer(
      'RFC 9110 7.8',
      'a 101 nobody asked for',
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n${PLANTED_ANSWER}`,
    ),
    badAnswer('RFC 9110 15', 'status 000', status('HTTP/1.1 000 X')),
    badAnswer('RFC 9110 15', 'status 099', status('HTTP/1.1 099 X')),
    badAnswer('RFC 9110 15', 'status 600', status('HTTP/1.1 600 X')),
    badAnswer('RFC 9110 15', 'status 999', status('HTTP/1.1 999 X')),
    badAnswer('RFC 9112 4', 'two digits', status('HTTP/1.1 20 X')),
    badAnswer('RFC 9112 4', 'four digits', status('HTTP/1.1 2000 X')),
    badAnswer('RFC 9112 4', 'a signed status', status('HTTP/1.1 +20 X')),
    badAnswer('RFC 9112 4', 'letters for digits', status('HTTP/1.1 2OO X')),
    badAnswer('RFC 9112 4', 'two spaces before the status', status('HTTP/1.1  200 X')),
    badAnswer('RFC 9112 2.3', 'HTTP/2.0', status('HTTP/2.0 200 OK')),
    badAnswer('RFC 9112 2.3', 'lower case http', status('http/1.1 200 OK')),
    badAnswer('RFC 9112 2.3', 'no HTTP at all', 'SSH-2.0-OpenSSH_9\r\n'),
    badAnswer('RFC 9112 4', 'CR in the reason', status('HTTP/1.1 200 a\rX-Planted: b')),
    badAnswer('RFC 9112 4', 'NUL in the reason', status('HTTP/1.1 200 a\u0000b')),
    badAnswer('RFC 9112 2.2', 'a status line that ends with LF', `HTTP/1.1 200 OK\n${EMPTY}\r\n`),
    modelSays('RFC 9112 4', 'the reason is ours', status('HTTP/1.1 200 planted'), { status: 200 }),
    modelSays('RFC 9112 4', 'a status line without reason', status('HTTP/1.1 200'), { status: 200 }),
    badAnswer('RFC 9110 5.5', 'NUL in a field', ok(`X: a\u0000b\r\n${EMPTY}`)),
    badAnswer('RFC 9110 5.5', 'a C1 control in a field', ok(`X: a\u0085b\r\n${EMPTY}`)),
    modelSays('RFC 9110 5.5', 'UTF-8 whose octets look like C1 controls', ok(`X-Name: \u00c3\u0080\r\n${EMPTY}`), {
      status: 200,
      has: { 'x-name': '\u00c3\u0080' },
    }),
    badAnswer('RFC 9112 5.1', 'a space before a colon', ok(`X : a\r\n${EMPTY}`)),
    badAnswer('RFC 9112 5.2', 'a folded field', ok(`X: a\r\n b\r\n${EMPTY}`)),
    badAnswer('RFC 9112 2.2', 'LF between two fields', ok(`X: a\nX-Planted: b\r\n${EMPTY}`)),
    badAnswer('RFC 9112 2.2', 'a bare CR between two fields', ok(`X: a\rX-Planted: b\r\n${EMPTY}`)),
    badAnswer('RFC 6585 5', 'endless fields', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(40_000)}`),
    badAnswer('RFC 6585 5', '101 fields', ok('X: y\r\n'.repeat(101))),
    badAnswer('RFC 9112 6.3', 'two Content-Lengths', ok('Content-Length: 1\r\nContent-Length: 2\r\n', 'ab')),
    badAnswer('RFC 9112 6.3', 'two Content-Lengths that agree', ok('Content-Length: 1\r\nContent-Length: 1\r\n', 'a')),
    badAnswer('RFC 9110 8.6', 'a signed Content-Length', ok('Content-Length: +1\r\n', 'a')),
    badAnswer('RFC 9110 8.6', 'a list of Content-Lengths', ok('Content-Length: 1, 1\r\n', 'a')),
    badAnswer('RFC 9110 8.6', 'a Content-Length with a leading zero', ok('Content-Length: 01\r\n', 'a')),
    badAnswer(
      'RFC 9112 6.1',
      'Content-Length with chunked',
      ok('Content-Length: 1\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    ),
    badAnswer('RFC 9112 6.1', 'chunked with a comma', ok('Transfer-Encoding: chunked,\r\n', '0\r\n\r\n')),
    badAnswer(
      'RFC 9112 6.1',
      'chunked twice',
      ok('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    ),
    badAnswer('RFC 9112 6.1', 'an unknown coding', ok('Transfer-Encoding: gzip\r\n', 'x')),
    badAnswer('RFC 9112 6.1', 'chunked in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
    badAnswer('RFC 9110 7.6.1', 'a Connection that is no list', ok(`Connection: a b\r\n${EMPTY}`)),
    badAnswer(
      'RFC 9112 9.3.1',
      'nothing to a POST, and the end',
      { says: '', ends: true },
      { send: post('Content-Length: 0\r\n') },
    ),
    badAnswer('RFC 9112 8', 'half a head, and the end', { says: 'HTTP/1.1 200 OK\r\nContent-Le', ends: true }),
    badAnswer(
      'RFC 9112 9.3.1',
      'a reset instead of an answer to a POST',
      { says: '', resets: true },
      { send: post('Content-Length: 0\r\n') },
    ),
    modelSays(
      'RFC 9112 9.2',
      'bytes behind an answer are thrown away with their connection',
      `${ok('Content-Length: 2\r\n', 'ok')}${PLANTED_ANSWER}`,
      { status: 200, body: 'ok' },
    ),
    modelSays(
      'RFC 9112 9.2',
      'bytes behind chunks are thrown away with their connection',
      `${ok('Transfer-Encoding: chunked\r\n', '2\r\nok\r\n0\r\n\r\n')}${PLANTED_ANSWER}`,
      { status: 200, body: 'ok' },
    ),
  ],
};

const cut = (rule: string, name: string, says: string) =>
  modelSays(rule, name, { says, ends: true }, { status: 200 }, { client: { answers: [], closes: true, cut: true } });

export const INCOMPLETE_ANSWERS: VectorGroup = {
  row: '4.21',
  topic: 'Incomplete answers',
  vectors: [
    cut('RFC 9112 8', 'a body shorter than announced', ok('Content-Length: 10\r\n', 'half')),
    cut('RFC 9112 8', 'chunks without the last one', ok('Transfer-Encoding: chunked\r\n', '4\r\nhalf\r\n')),
    cut('RFC 9112 7.1', 'a malformed chunk', ok('Transfer-Encoding: chunked\r\n', '4\r\nhalf\r\nXX\r\n')),
    cut(
      'RFC 9112 7.1',
      'a chunk that is longer than its size',
      ok('Transfer-Encoding: chunked\r\n', '4\r\nhalf!\r\n0\r\n\r\n'),
    ),
    modelSays(
      'RFC 9112 6.3',
      'a body that ends with the connection becomes whole',
      { says: ok('', 'whole'), ends: true },
      { status: 200, body: 'whole', has: { 'transfer-encoding': 'chunked' } },
    ),
  ],
};

export const STREAMING: VectorGroup = {
  row: '4.17, 4.32',
  topic: 'Streaming and content',
  vectors: [
    modelSays(
      'HTML 9.2',
      'an event stream asks not to be buffered',
      ok('Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n', '9\r\ndata: 1\n\n\r\n0\r\n\r\n'),
      { status: 200, body: 'data: 1\n\n', has: { 'x-accel-buffering': 'no' } },
      { product: true },
    ),
    modelSays(
      'RFC 9112 7.1',
      'chunks are made anew',
      ok('Transfer-Encoding: chunked\r\n', '2;planted\r\nhi\r\n0\r\n\r\n'),
      { status: 200, body: 'hi' },
    ),
    modelSays(
      'RFC 9110 7.7',
      'no coding is added or taken away',
      ok('Content-Encoding: gzip\r\nContent-Length: 3\r\n', 'xyz'),
      { status: 200, body: 'xyz', has: { 'content-encoding': 'gzip' } },
      { send: get('/iris/score', 'Accept-Encoding: gzip\r\n') },
    ),
    modelSays(
      'RFC 9110 7.6.1',
      'what Connection names goes no further',
      ok(`Connection: X-Planted\r\nX-Planted: 1\r\nKeep-Alive: timeout=5\r\n${EMPTY}`),
      { status: 200, lacks: ['x-planted', 'keep-alive', 'connection'] },
    ),
    modelSays(
      'RFC 9112 6.3',
      'HTTP/1.0 clients get no chunks',
      ok('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'),
      { status: 200 },
      {
        send: `GET /iris/score HTTP/1.0\r\n${AUTH}Connection: keep-alive\r\n\r\n`,
        client: { answers: [{ status: 200, body: 'hello', lacks: ['transfer-encoding'] }], closes: true },
      },
    ),
    modelSays(
      'product',
      'a model cannot change how browsers treat the host',
      ok(
        `Strict-Transport-Security: max-age=1\r\nClear-Site-Data: "*"\r\nAlt-Svc: h3=":443"\r\nService-Worker-Allowed: /\r\n${EMPTY}`,
      ),
      { status: 200, lacks: ['strict-transport-security', 'clear-site-data', 'alt-svc', 'service-worker-allowed'] },
      { product: true },
    ),
    modelSays(
      'product',
      'a model cannot set the studio’s cookies',
      ok(`Set-Cookie: next-auth.session-token=planted; Path=/\r\nSet-Cookie: mine=1\r\n${EMPTY}`),
      { status: 200, has: { 'set-cookie': 'mine=1' } },
      { product: true },
    ),
    modelSays(
      'product',
      'HTML of a model runs in no origin',
      ok(`Content-Type: text/html\r\n${EMPTY}`),
      { status: 200, has: { 'content-security-policy': 'sandbox', 'x-content-type-options': 'nosniff' } },
      { product: true },
    ),
    modelSays(
      'product',
      'a model’s error names its owner',
      `HTTP/1.1 500 X\r\n${EMPTY}\r\n`,
      { status: 500, has: { 'ms-azureml-model-error-statuscode': '500' } },
      { product: true },
    ),
    modelSays(
      'product',
      'a model’s error becomes 424 where the endpoint says so',
      `HTTP/1.1 500 X\r\n${EMPTY}\r\n`,
      { status: 424, has: { 'ms-azureml-model-error-statuscode': '500' } },
      { send: get('/mapped/score'), product: true },
    ),
  ],
};
