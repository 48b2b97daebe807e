import type { RandomSource } from './random-source.ts';

/**
 * Requests as a hostile client might write them: mostly right, wrong in one or two places, several on one connection. Every production has its good form
 * and the variants that parsers are known to read differently. One character an octet.
 */
export function generateInput(random: RandomSource): string {
  let input = '';
  const messages = random.chance(0.3) ? 2 : 1;
  for (let i = 0; i < messages; i += 1) input += message(random);
  if (random.chance(0.2)) input = mutate(input, random);
  return random.chance(0.05) ? input.slice(0, random.below(input.length + 1)) : input;
}

function message(random: RandomSource): string {
  const body = bodyOf(random);
  const fields = [...hostFields(random), ...body.fields, ...otherFields(random)];
  const lines = fields.map((field) => `${field}${lineEnd(random)}`).join('');
  const before = random.chance(0.03) ? random.pick(['\r\n', '\n', '\r\n\r\n', ' ', '\t', '\r', '\0']) : '';
  return `${before}${requestLine(random)}${lineEnd(random)}${lines}${lineEnd(random)}${body.octets}`;
}

function lineEnd(random: RandomSource): string {
  return random.chance(0.006)
    ? random.pick(['\n', '\r', '\r\r\n', '\n\r', '\r\n ', ' \r\n', '\r\n\t', '\0\r\n'])
    : '\r\n';
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH'];
const ODD_METHODS = [
  'get',
  'BREW',
  'G(T',
  '',
  'CONNECT',
  'TRACE',
  'PRI',
  'QUERY',
  'M-SEARCH',
  'GET\t',
  'PO ST',
  'A'.repeat(25),
  'GE\u00ff',
];
const TARGETS = [
  '/e/score',
  '/e',
  '/',
  '/e/a%20b?q=1',
  '/e/..hidden',
  '/e?q=/../',
  'http://h/e',
  'https://h:1/e?x',
  '/e/a;b=c,d',
  "/e/$&'()*+!~",
];
const ODD_TARGETS = [
  '*',
  '',
  '//h/e',
  '/e#f',
  '/e\\x',
  '/e/../f',
  '/e/%2e%2e',
  '/e/%',
  '/e/%zz',
  '/e\u00e9',
  '/e\u007f',
  '/e\0',
  '/e\tx',
  '/e x',
  'e/score',
  'h:443',
  'http:///e',
  'http://u@h/e',
  'ftp://h/e',
  'http:/e',
  'http://h',
  '?x',
  '/e|f',
  '/e"f',
  '/e<f>',
  '/e{f}',
  '/e^`',
];
const ODD_VERSIONS = [
  'HTTP/1.0',
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/0.9',
  'HTTP/1.10',
  'HTTP/1',
  'http/1.1',
  'HTTP/1,1',
  'HTTP/+1.1',
  'RTSP/1.0',
  'ICE/1.0',
  'HTTP /1.1',
  '',
];

function requestLine(random: RandomSource): string {
  const method = random.pick(random.chance(0.04) ? ODD_METHODS : METHODS);
  const target = random.pick(random.chance(0.1) ? ODD_TARGETS : TARGETS);
  const version = random.chance(0.08) ? random.pick(ODD_VERSIONS) : 'HTTP/1.1';
  const space = (): string => (random.chance(0.01) ? random.pick(['  ', '\t', '', ' \t', '\r', '\n']) : ' ');
  return `${method}${space()}${target}${space()}${version}`;
}

const HOSTS = ['Host: h', 'host:h', 'HOST: \th \t', 'Host: h:80', 'Host: [::1]'];
const ODD_HOSTS = [
  'Host:',
  'Host: a b',
  'Host: a, b',
  'Host: u@h',
  'Host: a/b',
  'Host: h:x',
  'Host : h',
  'Host: h\0',
  'Host: \u00e9',
];

function hostFields(random: RandomSource): string[] {
  if (random.chance(0.04)) return random.pick([[], ['Host: a', 'Host: b'], ['Host: a', 'host: a']]);
  return [random.pick(random.chance(0.05) ? ODD_HOSTS : HOSTS)];
}

const FIELDS = [
  'X: a',
  'X:',
  'X-Long: some value',
  'X:\ta\t',
  'Accept: */*',
  'Connection: keep-alive',
  'Connection: close',
  'Connection: x, keep-alive',
  'TE: trailers',
  'Expect: 100-continue',
  'Upgrade: websocket',
  'Connection: upgrade',
  'Connection: Upgrade, HTTP2-Settings',
  'X-Utf: caf\u00c3\u00a9',
  "!#$%&'*+-.^_`|~: v",
  'Content_Length: 5',
  'Authorization: Bearer k',
  'Keep-Alive: timeout=5',
  'Trailer: X',
];
const ODD_FIELDS = [
  'Proxy-Connection: close',
  'X : a',
  'X\t: a',
  'X',
  ': a',
  'X(): a',
  'X\u00e9: a',
  'X: a\0b',
  'X: a\u007fb',
  'X: a\rb',
  'X: a\nb',
  'X: a\u0007',
  'X: a\r\n b',
  ' X: a',
  '\tX: a',
  'X\0: a',
  'X y: a',
  'Connection: a b',
  'Connection: "close"',
  'Connection: ,close,',
  'Connection: closed',
  'Connection: keep-alive close',
  'Connection:',
  'Connection: close, keep-alive',
  'Expect: magic',
  'Expect: 100-continue, x',
  'Authorization: a\r\nAuthorization: b',
  'Expect: 100-continue\r\nExpect: 100-continue',
];

function otherFields(random: RandomSource): string[] {
  const count = random.below(4);
  return Array.from({ length: count }, () => random.pick(random.chance(0.06) ? ODD_FIELDS : FIELDS));
}

interface Body {
  fields: string[];
  octets: string;
}

const ODD_LENGTHS = [
  '+5',
  '-5',
  '05',
  '0x5',
  '5, 5',
  '5,',
  '5 5',
  '',
  '5.0',
  '5e0',
  '"5"',
  '5;',
  '99999999999999999999',
  '9007199254740993',
  '1 ',
  '\u000b5',
  '5\0',
];
const ODD_CODINGS = [
  'chunked,',
  ',chunked',
  'chunked, chunked',
  'gzip',
  'gzip, chunked',
  'chunked, gzip',
  'identity',
  'xchunked',
  'chunkedx',
  'chunked;q=1',
  '"chunked"',
  '',
  'chunked\0',
  '\u000bchunked',
  'chun ked',
  'chunked,identity',
  'chunked \t',
];
const BODIES = [
  '',
  'hello',
  'a',
  'GET /SMUGGLED HTTP/1.1\r\nHost: h\r\n\r\n',
  '\r\n',
  '0\r\n\r\n',
  'x'.repeat(300),
  '\0\u00ff',
];

function bodyOf(random: RandomSource): Body {
  const choice = random.next();
  if (choice < 0.35) return { fields: [], octets: '' };
  const text = random.pick(BODIES);
  if (choice < 0.6) return { fields: [`Content-Length: ${text.length}`], octets: text };
  if (choice < 0.85)
    return {
      fields: [
        random.pick(['Transfer-Encoding: chunked', 'transfer-encoding:Chunked', 'Transfer-Encoding: \tchunked']),
      ],
      octets: chunks(random),
    };
  if (choice < 0.9)
    return { fields: [`Content-Length:${random.pick(['', ' '])}${random.pick(ODD_LENGTHS)}`], octets: text };
  if (choice < 0.95)
    return {
      fields: [`Transfer-Encoding:${random.pick(['', ' '])}${random.pick(ODD_CODINGS)}`],
      octets: chunks(random),
    };
  const both = random.pick([
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'Content-Length: 5'],
    ['Content-Length: 5', 'Content-Length: 5'],
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding : chunked'],
    ['Content-Length : 5'],
  ]);
  return { fields: both, octets: random.chance(0.5) ? chunks(random) : 'hello' };
}

const EXTENSIONS = [';a', ';a=b', ' ;a', ';a="b;c"', ';', '\t;a'];
const ODD_EXTENSIONS = [' ', ';a\0', ';a\n', ';a\rb', ';\u00ff', ';a="', `;${'a'.repeat(5_000)}`, ',a', 'g'];
const TRAILERS = ['', '', '', 'X: y\r\n', 'X-Sum: 1\r\nY: z\r\n'];
const ODD_TRAILERS = [
  'X : y\r\n',
  ' X: y\r\n',
  'X: y\n',
  'X\r\n',
  'X: a\0\r\n',
  'Content-Length: 5\r\n',
  'X: a\r\n b\r\n',
  'Host: b\r\n',
];

function chunks(random: RandomSource): string {
  let text = '';
  for (let left = random.below(3); left > 0; left -= 1) {
    const data = random.pick(BODIES.slice(1));
    text += `${size(data.length, random)}${extension(random)}${lineEnd(random)}${data}${lineEnd(random)}`;
  }
  const trailer = random.pick(random.chance(0.05) ? ODD_TRAILERS : TRAILERS);
  return `${text}${random.chance(0.05) ? '000' : '0'}${extension(random)}${lineEnd(random)}${trailer}${lineEnd(random)}`;
}

function size(length: number, random: RandomSource): string {
  const hex = length.toString(16);
  if (random.chance(0.95)) return hex;
  return random.pick([
    hex.toUpperCase(),
    `0${hex}`,
    `0x${hex}`,
    `+${hex}`,
    `-${hex}`,
    ` ${hex}`,
    `${hex} `,
    `${hex}_0`,
    '',
    'ffffffffffffffff',
    `1${'0'.repeat(16)}`,
    'g',
    `${'0'.repeat(20)}${hex}`,
    (length + 1).toString(16),
  ]);
}

function extension(random: RandomSource): string {
  if (random.chance(0.85)) return '';
  return random.pick(random.chance(0.1) ? ODD_EXTENSIONS : EXTENSIONS);
}

const OCTETS = [
  '\0',
  '\t',
  '\n',
  '\r',
  ' ',
  '"',
  '#',
  '%',
  ',',
  '/',
  '0',
  ':',
  ';',
  'A',
  '\\',
  '_',
  '\u007f',
  '\u0085',
  '\u00ff',
  '\r\n',
];

/** Inserts, deletes, replaces or repeats at one place. */
function mutate(text: string, random: RandomSource): string {
  const at = random.below(text.length + 1);
  switch (random.below(4)) {
    case 0:
      return text.slice(0, at) + random.pick(OCTETS) + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + random.pick(OCTETS) + text.slice(at + 1);
    default:
      return text.slice(0, at) + text.slice(Math.max(0, at - 1 - random.below(12)));
  }
}
