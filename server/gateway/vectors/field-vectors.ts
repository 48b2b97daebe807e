import { answered, AUTH, get, KEY, post, refused, served, SMUGGLED, type VectorGroup } from './vector.ts';

const line = (text: string): string => post(`${text}\r\nContent-Length: 0\r\n`, SMUGGLED);
const fields = (...lines: string[]): string => get('/iris/score', lines.map((text) => `${text}\r\n`).join(''));

export const FIELD_SYNTAX: VectorGroup = {
  row: '4.7',
  topic: 'Header syntax and size',
  vectors: [
    served('RFC 9110 5.5', 'an empty value', fields('X-Empty:'), { has: { 'x-empty': '' } }),
    served('RFC 9110 5.5', 'UTF-8', fields('X-Name: caf\u00c3\u00a9'), { has: { 'x-name': 'caf\u00c3\u00a9' } }),
    served('RFC 9110 5.3', 'two fields of one name', fields('X-Many: a', 'x-many: b'), {}),
    served('RFC 9110 5.6.2', 'a name of every token character', fields("!#$%&'*+-.^_`|~0aZ: v"), {
      has: { "!#$%&'*+-.^_`|~0az": 'v' },
    }),
    refused('RFC 9112 5.1', 'a space before the colon', line('X : a')),
    refused('RFC 9112 5.1', 'a tab before the colon', line('X\t: a')),
    refused('RFC 9112 5', 'no colon', line('X')),
    refused('RFC 9112 5', 'no name', line(': a')),
    refused('RFC 9110 5.1', 'a name with a bracket', line('X(): a')),
    refused('RFC 9110 5.1', 'a name above ASCII', line('X\u00e9: a')),
    refused('RFC 9110 5.1', 'a name with NUL', line('X\u0000: a')),
    refused('RFC 9112 2.2', 'a space before the first field', `GET /iris/score HTTP/1.1\r\n Host: a\r\n${AUTH}\r\n`),
    refused('RFC 9112 5.2', 'a folded line', line('X: a\r\n b')),
    refused('RFC 9112 5.2', 'a line folded with a tab', line('X: a\r\n\tb')),
    refused('RFC 9112 5.2', 'a folded line that hides a length', post('X: a\r\n Content-Length: 40\r\n', SMUGGLED)),
    refused('RFC 9112 2.2', 'LF between two fields', line('X: a\nContent-Length: 40')),
    refused('RFC 9112 2.2', 'a bare CR between two fields', line('X: a\rContent-Length: 40')),
    refused('RFC 9112 2.2', 'a bare CR before a name', line('\rX: a')),
    refused('RFC 9112 2.2', 'LF at the end of the head', `GET /iris/score HTTP/1.1\r\nHost: a\r\n${AUTH}\n${SMUGGLED}`),
    refused('RFC 9110 5.5', 'NUL in a value', line('X: a\u0000b')),
    refused('RFC 9110 5.5', 'BEL in a value', line('X: a\u0007b')),
    refused('RFC 9110 5.5', 'DEL in a value', line('X: a\u007fb')),
    refused('RFC 6585 5', '17 KiB of fields', fields(`X: ${'a'.repeat(17_000)}`), 431),
    refused('RFC 6585 5', '101 fields', get('/iris/score', 'X: y\r\n'.repeat(101)), 431),
    refused(
      'RFC 6585 5',
      'a field that never ends',
      `GET /iris/score HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}`,
      431,
    ),
    refused('RFC 9110 5.3', 'two Authorization', get('/iris/score', AUTH)),
    refused(
      'RFC 9110 5.3',
      'two of the field that names the deployment',
      fields('azureml-model-deployment: blue', 'azureml-model-deployment: green'),
      400,
      { product: true },
    ),
    answered(
      'RFC 9110 5.5',
      'an id of the caller that could not be sent back',
      fields('x-ms-client-request-id: a b'),
      400,
      { product: true },
    ),
  ],
};

export const HOP_BY_HOP: VectorGroup = {
  row: '4.8',
  topic: 'Hop-by-hop',
  vectors: [
    served(
      'RFC 9110 7.6.1',
      'Connection and what it names go no further',
      fields('Connection: X-Hop, X-Other', 'X-Hop: planted', 'X-Other: planted'),
      { lacks: ['x-hop', 'x-other'] },
      { hidden: ['planted'] },
    ),
    served(
      'RFC 9110 7.6.1',
      'two Connection fields',
      fields('Connection: X-Hop', 'Connection: X-Other', 'X-Hop: planted', 'X-Other: planted'),
      {},
      { hidden: ['planted'] },
    ),
    served(
      'RFC 9110 7.6.1',
      'names in any case, with empty elements',
      fields('Connection: ,, x-HOP ,', 'X-Hop: planted'),
      {},
      { hidden: ['planted'] },
    ),
    served(
      'RFC 9110 7.6.1',
      'Keep-Alive, Proxy-Connection',
      fields('Keep-Alive: planted', 'Proxy-Connection: planted'),
      {},
      { hidden: ['planted'] },
    ),
    served(
      'RFC 9110 11.7',
      'Proxy-Authorization and its kin',
      fields('Proxy-Authorization: planted', 'Proxy-Authenticate: planted', 'Proxy-Authentication-Info: planted'),
      {},
      { hidden: ['planted'] },
    ),
    served(
      'RFC 9110 7.8',
      'Upgrade of another protocol',
      fields('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: planted'),
      { lacks: ['upgrade', 'http2-settings'] },
      { hidden: ['planted'] },
    ),
    served('RFC 9110 7.6.1', 'Connection cannot strip the key', fields('Connection: Authorization'), {}),
    served(
      'RFC 9110 7.6.1',
      'Connection cannot strip what the gateway says',
      fields('Connection: X-Forwarded-For, x-request-id, viridian-consumer-id, Via, Host'),
      { has: { 'x-forwarded-for': '127.0.0.1', 'viridian-consumer-id': 'primary', via: '1.1 viridian' } },
      { product: true },
    ),
    served(
      'RFC 9110 7.6.1',
      'Connection cannot strip Content-Length',
      post('Connection: Content-Length\r\nContent-Length: 5\r\n', 'hello'),
      { body: 'hello' },
    ),
    refused('RFC 9110 7.6.1', 'a Connection that is no list', fields('Connection: a b')),
    refused('RFC 9110 7.6.1', 'a Connection in quotes', fields('Connection: "close"')),
    served(
      'RFC 9112 9.6',
      'close is honoured',
      fields('Connection: close'),
      {},
      { client: { answers: [{ status: 200, has: { connection: 'close' } }], closes: true } },
    ),
    served(
      'RFC 9112 9.6',
      'close wins over keep-alive',
      fields('Connection: keep-alive, close'),
      {},
      { client: { answers: [{ status: 200 }], closes: true } },
    ),
  ],
};

export const EXPECT: VectorGroup = {
  row: '4.9',
  topic: 'Expect',
  vectors: [
    {
      ...served(
        'RFC 9110 10.1.1',
        'the model’s 100 reaches the client',
        post('Expect: 100-continue\r\nContent-Length: 5\r\n'),
        { body: 'hello' },
      ),
      model: { onHead: 'HTTP/1.1 100 Continue\r\n\r\n' },
      pieces: [post('Expect: 100-continue\r\nContent-Length: 5\r\n'), 'hello'],
      client: { answers: [{ status: 100 }, { status: 200 }], closes: false },
    },
    {
      ...served(
        'RFC 9110 10.1.1',
        'an answer instead of 100 closes',
        post('Expect: 100-continue\r\nContent-Length: 5\r\n'),
      ),
      model: { onHead: 'HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno' },
      client: { answers: [{ status: 403, body: 'no', has: { connection: 'close' } }], closes: true },
      upstream: [],
    },
    served('RFC 9110 10.1.1', 'without a body there is nothing to wait for', fields('Expect: 100-continue'), {
      lacks: ['expect'],
    }),
    served(
      'RFC 9110 10.1.1',
      'HTTP/1.0 cannot expect',
      `POST /iris/score HTTP/1.0\r\n${AUTH}Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello`,
      { body: 'hello' },
      { client: { answers: [{ status: 200 }], closes: true } },
    ),
    refused(
      'RFC 9110 10.1.1',
      'no key is 401 before the body',
      'POST /iris/score HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
      401,
    ),
    refused(
      'RFC 9110 10.1.1',
      'too large is 413 before the body',
      post('Expect: 100-continue\r\nContent-Length: 5000\r\n', '', '/tiny/score'),
      413,
      { product: true },
    ),
    refused('RFC 9110 15.5.18', 'any other expectation', post('Expect: magic\r\nContent-Length: 1\r\n', 'x'), 417),
    refused(
      'RFC 9110 10.1.1',
      'two expectations',
      post('Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1\r\n', 'x'),
    ),
  ],
};

export const IDENTITY: VectorGroup = {
  row: '4.29, 4.30, 4.31',
  topic: 'Ids, forwarded fields, loops',
  vectors: [
    served(
      'RFC 7239 8.1',
      'what a client claims of earlier hops goes no further',
      fields(
        'X-Forwarded-For: planted',
        'X-Forwarded-Host: planted',
        'X-Forwarded-Proto: planted',
        'X-Forwarded-Port: planted',
        'Forwarded: for=planted',
        'X-Real-IP: planted',
      ),
      { has: { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': 'gateway.test', 'x-forwarded-proto': 'http' } },
      { hidden: ['planted'], product: true },
    ),
    served(
      'CGI, RFC 3875 4.1.18',
      'twins with _ go no further',
      fields('X_Forwarded_For: planted', 'viridian_consumer_id: planted', 'X_Request_Id: planted'),
      {},
      { hidden: ['planted'], product: true },
    ),
    served(
      'product',
      'nobody can name himself',
      fields('viridian-consumer-id: planted', 'azureml-mirrored: planted', 'viridian-hop: planted'),
      { has: { 'viridian-consumer-id': 'primary' } },
      { hidden: ['planted'], product: true },
    ),
    served(
      'product',
      'the request id is ours',
      fields('x-request-id: planted'),
      {},
      { hidden: ['planted'], product: true },
    ),
    served(
      'W3C Trace Context 3.2.2',
      'a broken traceparent starts anew',
      fields('traceparent: planted', 'tracestate: a=planted'),
      {},
      { hidden: ['planted'], product: true },
    ),
    served('RFC 9110 7.6.3', 'Via is added', get(), { has: { via: '1.1 viridian' } }, { product: true }),
    answered('RFC 9110 7.6.3', 'a request that has been here before', fields('viridian-hop: this-gateway'), 508, {
      product: true,
    }),
  ],
};

const noKey = (auth: string): string => `GET /iris/score HTTP/1.1\r\nHost: a\r\n${auth}\r\n`;

export const CREDENTIALS: VectorGroup = {
  row: '4.36',
  topic: 'Credentials',
  vectors: [
    served(
      'RFC 9110 11.6.2',
      'the key does not reach the model',
      get(),
      { lacks: ['authorization'] },
      { hidden: [KEY] },
    ),
    served(
      'RFC 9110 11.1',
      'the scheme in any case',
      noKey(`Authorization: bEARER ${KEY}\r\n`),
      {},
      { hidden: [KEY], product: true },
    ),
    served(
      'product',
      'the key as api-key',
      noKey(`api-key: ${KEY}\r\n`),
      { lacks: ['api-key'] },
      { hidden: [KEY], product: true },
    ),
    served(
      'product',
      'a twin of Authorization with _',
      fields(`Api_Key: ${KEY}`),
      {},
      { hidden: [KEY], product: true },
    ),
    served(
      'product',
      'the studio’s cookies do not reach the model',
      fields('Cookie: a=1; next-auth.session-token=planted; b=2; __Host-next-auth.csrf-token=planted'),
      { has: { cookie: 'a=1; b=2' } },
      { hidden: ['planted'], product: true },
    ),
    answered('RFC 9110 15.5.2', 'none', noKey(''), 401),
    answered('RFC 9110 15.5.2', 'a wrong one', noKey('Authorization: Bearer wrong\r\n'), 401),
    answered('RFC 9110 15.5.2', 'a part of it', noKey(`Authorization: Bearer ${KEY.slice(0, -1)}\r\n`), 401),
    answered('RFC 9110 15.5.2', 'more than it', noKey(`Authorization: Bearer ${KEY}x\r\n`), 401),
    answered('RFC 9110 15.5.2', 'in the query', `GET /iris/score?key=${KEY} HTTP/1.1\r\nHost: a\r\n\r\n`, 401),
    answered('RFC 9110 15.5.2', 'of another scheme', noKey(`Authorization: Basic ${KEY}\r\n`), 401),
    refused('RFC 9110 5.3', 'two, the good one first', noKey(`${AUTH}Authorization: Bearer wrong\r\n`)),
    refused('RFC 9110 5.3', 'two, the good one last', noKey(`Authorization: Bearer wrong\r\n${AUTH}`)),
  ],
};
