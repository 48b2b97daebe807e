import { answered, AUTH, get, post, refused, served, SMUGGLED, type Vector, type VectorGroup } from './vector.ts';

const two = (
  first: string,
  second: string,
  more: Partial<Vector> = {},
): Pick<Vector, 'send' | 'client' | 'upstream'> => ({
  send: first + second,
  client: {
    answers: [
      { status: 200, body: 'POST /one' },
      { status: 200, body: 'GET /two' },
    ],
    closes: false,
  },
  upstream: [{ line: 'POST /one' }, { line: 'GET /two' }],
  ...more,
});
const ONE = post('Content-Length: 5\r\n', 'hello', '/iris/one');
const TWO = get('/iris/two');

export const PIPELINING: VectorGroup = {
  row: '4.15',
  topic: 'Pipelining',
  vectors: [
    { rule: 'RFC 9112 9.3.2', name: 'two requests in one packet are answered in order', ...two(ONE, TWO) },
    { rule: 'RFC 9112 9.3.2', name: 'two requests octet by octet', ...two(ONE, TWO), pieces: [...`${ONE}${TWO}`] },
    { rule: 'RFC 9112 2.2', name: 'an empty line between two requests', ...two(ONE, `\r\n${TWO}`) },
    {
      rule: 'RFC 9112 9.3.2',
      name: 'a chunked request and another',
      ...two(post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n', '/iris/one'), TWO),
    },
    {
      rule: 'RFC 9112 9.6',
      name: 'nothing behind close is read',
      send: `${post('Connection: close\r\nContent-Length: 0\r\n', '', '/iris/one')}${SMUGGLED}`,
      client: { answers: [{ status: 200, body: 'POST /one' }], closes: true },
      upstream: [{ line: 'POST /one' }],
    },
    {
      rule: 'RFC 9112 9.3',
      name: 'nothing behind HTTP/1.0 is read',
      send: `GET /iris/one HTTP/1.0\r\n${AUTH}\r\n${SMUGGLED}`,
      client: { answers: [{ status: 200, body: 'GET /one' }], closes: true },
      upstream: [{ line: 'GET /one' }],
    },
    {
      rule: 'RFC 9112 2.2',
      name: 'a request and rubbish',
      send: `${ONE}rubbish\r\n\r\n`,
      client: {
        answers: [
          { status: 200, body: 'POST /one' },
          { status: 400, has: { connection: 'close' } },
        ],
        closes: true,
      },
      upstream: [{ line: 'POST /one' }],
    },
    {
      rule: 'RFC 9112 6.3',
      name: 'a refused request and a good one behind its body',
      send: `POST /iris/one HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello${TWO}`,
      client: { answers: [{ status: 401 }, { status: 200, body: 'GET /two' }], closes: false },
      upstream: [{ line: 'GET /two' }],
    },
    {
      rule: 'RFC 9112 9.3.2',
      name: 'a request that is refused for its syntax takes none behind it',
      send: `${get('/iris/one', 'X : y\r\n')}${TWO}`,
      client: { answers: [{ status: 400 }], closes: true },
      upstream: [],
    },
  ],
};

const handshake = (fields = '', method = 'GET', path = '/ws/chat'): string =>
  get(
    path,
    `Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${fields}`,
    method,
  );
const V13 = 'Sec-WebSocket-Version: 13\r\n';
const ACCEPT =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n';

export const UPGRADE: VectorGroup = {
  row: '4.16',
  topic: 'Upgrade',
  vectors: [
    served(
      'RFC 6455 4',
      'a handshake the model agrees to',
      handshake(V13),
      { has: { upgrade: 'websocket' } },
      {
        model: { says: ACCEPT, ends: true },
        client: {
          answers: [{ status: 101, has: { upgrade: 'websocket', 'sec-websocket-accept': 'x' } }],
          closes: true,
        },
        product: true,
      },
    ),
    served(
      'RFC 6455 4',
      'a handshake the model declines',
      handshake(V13),
      {},
      {
        model: { says: 'HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno' },
        client: { answers: [{ status: 403, body: 'no' }], closes: false },
        product: true,
      },
    ),
    answered('RFC 6455 4.2.1', 'an endpoint that does not allow it', handshake(V13, 'GET', '/iris/ws'), 403, {
      product: true,
    }),
    answered('RFC 6455 4.2.1', 'POST', handshake(V13, 'POST'), 400, { product: true }),
    answered('RFC 6455 4.4', 'another version', handshake('Sec-WebSocket-Version: 8\r\n'), 400, { product: true }),
    answered('RFC 6455 4.2.1', 'no key', get('/ws/chat', `Connection: Upgrade\r\nUpgrade: websocket\r\n${V13}`), 400, {
      product: true,
    }),
    answered('RFC 6455 4.2.1', 'a body', `${handshake(`${V13}Content-Length: 5\r\n`)}hello`, 400, { product: true }),
    answered('RFC 6455 10.2', 'a page of another site', handshake(`${V13}Origin: https://evil.test\r\n`), 403, {
      product: true,
    }),
    served(
      'RFC 9110 7.8',
      'Upgrade that Connection does not name is a plain request',
      get('/ws/chat', `Upgrade: websocket\r\nSec-WebSocket-Key: x\r\n${V13}`),
      { lacks: ['upgrade'] },
    ),
    served('RFC 9110 7.8', 'h2c is a plain request', get('/iris/score', 'Connection: Upgrade\r\nUpgrade: h2c\r\n'), {
      lacks: ['upgrade'],
    }),
    served(
      'RFC 9110 7.8',
      'several protocols are a plain request',
      get('/iris/score', 'Connection: Upgrade\r\nUpgrade: h2c, TLS/1.0\r\n'),
      { lacks: ['upgrade'] },
    ),
    served(
      'RFC 9110 7.8',
      'a fake handshake cannot open a tunnel',
      get('/iris/score', 'Connection: Upgrade\r\nUpgrade: websocketx\r\n'),
      { lacks: ['upgrade'] },
    ),
  ],
};

export const HALF_CLOSE: VectorGroup = {
  row: '4.18',
  topic: 'Half-close and broken requests',
  vectors: [
    served(
      'RFC 9112 9.6',
      'a client that ends behind a whole request gets its answer',
      post('Content-Length: 5\r\n', 'hello'),
      { body: 'hello' },
      { halfCloses: true, client: { answers: [{ status: 200 }], closes: true } },
    ),
    served(
      'RFC 9112 9.6',
      'a client that ends behind its last chunk gets its answer',
      post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'),
      { body: 'hello' },
      { halfCloses: true, client: { answers: [{ status: 200 }], closes: true } },
    ),
    broken('a head that is cut off', get().slice(0, -2)),
    broken('a body shorter than its length', post('Content-Length: 50\r\n', 'hello')),
    broken('chunks without the last one', post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n')),
    broken('a chunk that is cut off', post('Transfer-Encoding: chunked\r\n', '5\r\nhel')),
    broken('a last chunk without its empty line', post('Transfer-Encoding: chunked\r\n', '1\r\na\r\n0\r\n')),
    broken('nothing at all', ''),
  ],
};

/** The client ends in the middle: nobody answers, and the model never sees a whole request. */
function broken(name: string, send: string): Vector {
  return { rule: 'RFC 9112 8', name, send, halfCloses: true, client: { answers: [], closes: true }, upstream: [] };
}

export const OWN_ANSWERS: VectorGroup = {
  row: '4.23, 4.35, 4.37',
  topic: 'The gateway’s own answers',
  vectors: [
    answered('RFC 9110 15.5.5', 'an endpoint that nobody has', get('/nobody/score'), 404),
    answered('RFC 9110 15.5.5', 'no endpoint', get('/'), 404),
    answered('RFC 9110 15.5.5', 'a path behind // goes nowhere', get('/iris//evil.test/x'), 404, { product: true }),
    answered('ASVS 13.4.5', 'names of health and metrics are nobody’s', get('/metrics'), 404),
    answered('RFC 9110 15.6.4', 'an endpoint without an instance', get('/empty/score'), 503, { product: true }),
    answered('RFC 9110 15.6.3', 'an instance that refuses connections', get('/dead/score'), 502, { product: true }),
    answered(
      'product',
      'a deployment that does not exist',
      get('/iris/score', 'azureml-model-deployment: nobody\r\n'),
      404,
      { product: true },
    ),
    answered(
      'RFC 9110 15.5.14',
      'a body over the endpoint’s limit',
      post('Content-Length: 5000\r\n', 'x'.repeat(5_000), '/tiny/score'),
      413,
      { product: true },
    ),
    refused(
      'RFC 9110 15.5.14',
      'chunks over the endpoint’s limit',
      post('Transfer-Encoding: chunked\r\n', `7d0\r\n${'x'.repeat(2_000)}\r\n0\r\n\r\n`, '/tiny/score'),
      413,
      { product: true },
    ),
    refused('RFC 9110 9.3.8', 'TRACE', get('/iris/score', '', 'TRACE'), 405),
    answered('RFC 9110 9.3.2', 'an error to HEAD has no body', get('/nobody/score', '', 'HEAD'), 404, { head: true }),
  ],
};
