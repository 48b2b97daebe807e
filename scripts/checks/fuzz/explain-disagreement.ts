import { METHODS } from 'node:http';
import type { Disagreement } from './compare-readings.ts';

/** Why we and llhttp may read something differently, and what must be true of the octets for that to be the reason. */
export interface Explanation {
  readonly verdicts: readonly Disagreement['verdict'][];
  /** Our kind of fault, or llhttp's code. */
  readonly cause: string;
  readonly rule: string;
  readonly why: string;
  readonly holds: (request: DoubtfulRequest) => boolean;
}

/** The octets from the start of the request that the readings part over. */
interface DoubtfulRequest {
  readonly text: string;
  readonly requestLine: string;
  /** Field lines up to the empty line, in lower case. */
  readonly lines: readonly string[];
  readonly headIsWhole: boolean;
  readonly before: string;
}

const values = ({ lines }: DoubtfulRequest, name: string): string[] =>
  lines
    .filter((line) => line.startsWith(`${name}:`))
    .map((line) => line.slice(name.length + 1).replace(/^[ \t]+|[ \t]+$/g, ''));

const target = ({ requestLine }: DoubtfulRequest): string => requestLine.split(' ')[1] ?? '';
const HOST = /^(?:\[[\da-f:.]+\]|[\da-z_-][\da-z._-]*)(?::\d{1,5})?$/i;
const isHost = (text: string): boolean => HOST.test(text) && Number(/:(\d+)$/.exec(text)?.[1] ?? 0) <= 65_535;
const STRICTER = ['stricter', 'earlier'] as const;
const LAXER = ['laxer', 'later'] as const;

export const EXPLANATIONS: readonly Explanation[] = [
  {
    verdicts: STRICTER,
    cause: 'request_line',
    rule: 'RFC 9112 2.2, 3',
    why: 'llhttp skips any number of empty lines, also of bare LF, before a request, takes other protocol names and several spaces, and ends HTTP/0.9 by itself; we take one CR LF and exactly one form.',
    holds: ({ text, requestLine }) =>
      /^\s/.test(text) || !/^[!#$%&'*+\-.^_`|~\dA-Za-z]{1,24} [^ \r\n]+ HTTP\/\d\.\d$/.test(requestLine),
  },
  {
    verdicts: STRICTER,
    cause: 'target',
    rule: 'RFC 9112 3.2',
    why: 'llhttp lets "#", "\\", octets above ASCII, "//", other schemes and authorities through; a target that two parties could split differently is no target.',
    holds: (request) =>
      /[^!-~]|[#\\"<>^`{|}]/.test(target(request)) ||
      !/^(?:\/(?!\/)|https?:\/\/[^/?]*(?:[/?](?!\/)|$))/i.test(target(request)),
  },
  {
    verdicts: STRICTER,
    cause: 'path',
    rule: 'RFC 3986 2.1, 5.2.4',
    why: 'llhttp does not look into a path; dot segments, broken escapes and escaped controls could lead past the endpoint that was authorised.',
    holds: (request) =>
      /%(?![\da-f]{2})|%[01]|%7f|%5c|(?:\/|%2f)(?:\.|%2e){1,2}(?:\/|%2f|$)/i.test(target(request).split('?')[0] ?? ''),
  },
  {
    verdicts: STRICTER,
    cause: 'target_too_long',
    rule: 'RFC 9110 15.5.15',
    why: 'We take 8 KiB.',
    holds: ({ text }) => text.length > 8 * 1024,
  },
  {
    verdicts: STRICTER,
    cause: 'version',
    rule: 'RFC 9112 2.3',
    why: 'llhttp takes 0.9 and 2.0 in the request line; only 1.0 and 1.1 are HTTP/1.1 messages.',
    holds: ({ requestLine }) => !/ HTTP\/1\.[01]$/.test(requestLine),
  },
  {
    verdicts: STRICTER,
    cause: 'connect',
    rule: 'RFC 9110 9.3.6, 9.3.8',
    why: 'CONNECT and TRACE are not for a gateway.',
    holds: ({ requestLine }) => /^(?:CONNECT|TRACE) /.test(requestLine),
  },
  {
    verdicts: STRICTER,
    cause: 'host',
    rule: 'RFC 9112 3.2',
    why: 'llhttp counts no Host; a request of HTTP/1.1 has exactly one.',
    holds: (request) => values(request, 'host').length !== 1,
  },
  {
    verdicts: STRICTER,
    cause: 'authority',
    rule: 'RFC 9110 4.2.4, 7.2',
    why: 'llhttp takes any Host; userinfo, lists, paths and ports that are none are refused, in Host and in the target.',
    holds: (request) =>
      [...values(request, 'host'), /^https?:\/\/([^/?]*)/i.exec(target(request))?.[1] ?? 'h'].some(
        (host) => !isHost(host),
      ),
  },
  {
    verdicts: STRICTER,
    cause: 'field_name',
    rule: 'RFC 9112 5.1, 5.2',
    why: 'A name is a token right before its colon, and nothing is folded.',
    holds: ({ lines }) => lines.some((line) => !/^[!#$%&'*+\-.^_`|~\da-z]+:/.test(line)),
  },
  {
    verdicts: STRICTER,
    cause: 'field_value',
    rule: 'RFC 9110 5.5',
    why: 'llhttp judges some values before it has the line; a control character is no part of one.',
    // oxlint-disable-next-line no-control-regex -- controls are what is looked for
    holds: ({ lines }) => lines.some((line) => /[\0-\x08\x0b-\x1f\x7f]/.test(line)),
  },
  {
    verdicts: STRICTER,
    cause: 'line_end',
    rule: 'RFC 9112 2.2',
    why: 'llhttp lets CR or LF stand alone in some places; lines end with CR LF.',
    holds: ({ text }) => /\r(?!\n)|(?<!\r)\n/.test(text),
  },
  {
    verdicts: STRICTER,
    cause: 'head_too_large',
    rule: 'RFC 6585 5',
    why: 'We take 16 KiB and 100 fields.',
    holds: ({ text, lines }) => text.length > 16 * 1024 || lines.length > 100,
  },
  {
    verdicts: STRICTER,
    cause: 'content_length',
    rule: 'RFC 9110 8.6',
    why: 'llhttp takes leading zeros and lengths up to 2^64; we take what a double holds exactly, once, in its only form.',
    holds: (request) =>
      values(request, 'content-length').length > 1 ||
      !values(request, 'content-length').every((value) => /^(?:0|[1-9]\d{0,14})$/.test(value)),
  },
  {
    verdicts: STRICTER,
    cause: 'both_lengths',
    rule: 'RFC 9112 6.1',
    why: 'llhttp judges the pair when the head is complete or the coding is.',
    holds: (request) => values(request, 'content-length').length > 0 && values(request, 'transfer-encoding').length > 0,
  },
  {
    verdicts: STRICTER,
    cause: 'transfer_encoding',
    rule: 'RFC 9112 6.1',
    why: 'llhttp takes lists, repetitions and HTTP/1.0; the only Transfer-Encoding is one "chunked" of HTTP/1.1.',
    holds: (request) =>
      values(request, 'transfer-encoding').length > 1 ||
      values(request, 'transfer-encoding')[0] !== 'chunked' ||
      request.requestLine.endsWith(' HTTP/1.0'),
  },
  {
    verdicts: STRICTER,
    cause: 'transfer_coding',
    rule: 'RFC 9112 6.1',
    why: 'llhttp takes the head of a request of unknown coding; nobody knows where its body ends.',
    holds: (request) => values(request, 'transfer-encoding').some((value) => value !== 'chunked'),
  },
  {
    verdicts: STRICTER,
    cause: 'connection',
    rule: 'RFC 9110 7.6.1',
    why: 'llhttp looks for words in Connection; we have to remove every field that it names, so it has to be a list.',
    holds: (request) =>
      values(request, 'connection').some(
        (value) => !/^[\s,]*(?:[!#$%&'*+\-.^_`|~\da-z]+[\s,]*(?:,|$)[\s,]*)*$/.test(value),
      ),
  },
  {
    verdicts: STRICTER,
    cause: 'duplicate',
    rule: 'RFC 9110 5.3',
    why: 'llhttp does not know what Authorization and Expect decide; two of them could be read in two ways.',
    holds: (request) => ['authorization', 'expect'].some((name) => values(request, name).length > 1),
  },
  {
    verdicts: STRICTER,
    cause: 'expectation',
    rule: 'RFC 9110 10.1.1',
    why: 'llhttp does not judge expectations.',
    holds: (request) => values(request, 'expect').some((value) => value !== '100-continue'),
  },
  {
    verdicts: STRICTER,
    cause: 'chunk',
    rule: 'RFC 9112 7.1',
    why: 'A chunk size has at most 13 digits, leading zeros counted; llhttp waits for the end of a size that cannot become right.',
    holds: ({ text }) =>
      /\r\n(?:[\da-f]{14,}|[^\r\n]*[^\da-f;\r\n][^\r\n]*|[\da-f]+[^\r\n]*(?:\r(?!\n)|(?<!\r)\n)|)/i.test(text),
  },
  {
    verdicts: STRICTER,
    cause: 'chunk_extension',
    rule: 'RFC 9112 7.1.1',
    why: 'llhttp limits extensions to 16 KiB, we to 4 KiB.',
    holds: ({ text }) => /;[^\r\n]{4}/.test(text) && text.length > 4 * 1024,
  },
  {
    verdicts: STRICTER,
    cause: 'trailer',
    rule: 'RFC 9112 7.1.2',
    why: 'Trailers have the syntax of fields, judged line by line.',
    // oxlint-disable-next-line no-control-regex -- controls are what is looked for
    holds: ({ text }) =>
      /\r\n(?:[^\r\n:]*[^!-9;-~\r\n][^\r\n]*:|[ \t]|[^\r\n:]+\r\n|[^\r\n]*[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|[^\r\n]*(?:\r(?!\n)|(?<!\r)\n))/.test(
        text,
      ),
  },
  {
    verdicts: LAXER,
    cause: 'HPE_INVALID_METHOD',
    rule: 'RFC 9110 9.1, 16.1',
    why: 'llhttp has a list of methods; any token is one, and the model decides which it knows.',
    holds: ({ requestLine }) => !METHODS.includes(requestLine.split(' ')[0] ?? ''),
  },
  {
    verdicts: LAXER,
    cause: 'HPE_INVALID_VERSION',
    rule: 'RFC 9113 3.4',
    why: 'llhttp takes the method PRI only from HTTP/2.0; to us it is a token like others.',
    holds: ({ requestLine }) => requestLine.startsWith('PRI '),
  },
  {
    verdicts: LAXER,
    cause: 'HPE_INVALID_CHUNK_SIZE',
    rule: 'RFC 9112 7.1.1',
    why: 'Blanks before the semicolon of an extension are to be parsed and removed; llhttp refuses them.',
    holds: ({ text }) => /\r\n[\da-f]+[ \t]+(?:;|$)/i.test(text),
  },
  {
    verdicts: LAXER,
    cause: 'HPE_STRICT',
    rule: 'RFC 9112 7.1.1',
    why: 'We drop extensions whatever they say, as long as they hold no control character; llhttp parses them.',
    holds: ({ text }) => /\r\n[\da-f]+[ \t]*;/i.test(text),
  },
  {
    verdicts: LAXER,
    cause: 'HPE_INVALID_TRANSFER_ENCODING',
    rule: 'RFC 9110 5.6.3',
    why: 'Blanks behind a value are no part of it; llhttp refuses them behind "chunked".',
    holds: ({ text }) => /^transfer-encoding:[ \t]*chunked[ \t]+\r$/im.test(text),
  },
  {
    verdicts: LAXER,
    cause: 'HPE_INVALID_CONTENT_LENGTH',
    rule: 'RFC 9110 6.5.1',
    why: 'llhttp reads framing fields in trailers; we drop them unread, as they must be.',
    holds: ({ text }) => /\r\n0+[^\r\n]*\r\n(?:[^\r\n]+\r\n)*content-length:/i.test(text),
  },
  {
    verdicts: ['persistence'],
    cause: 'persistent',
    rule: 'RFC 9112 C.2.2',
    why: 'llhttp reads Proxy-Connection as Connection; it is to be ignored.',
    holds: (request) => values(request, 'proxy-connection').length > 0,
  },
  {
    verdicts: ['persistence'],
    cause: 'persistent',
    rule: 'RFC 9112 9.3',
    why: 'llhttp lets keep-alive win over close in HTTP/1.0; close is always the last word.',
    holds: (request) =>
      request.requestLine.endsWith(' HTTP/1.0') &&
      /close[^]*keep-alive|keep-alive[^]*close/.test(values(request, 'connection').join()),
  },
  {
    verdicts: ['waits'],
    cause: 'llhttp',
    rule: 'RFC 9110 7.8',
    why: 'llhttp stops behind a request that asks for another protocol and leaves the rest to whoever speaks it; a request whose Upgrade is ignored is a plain one.',
    holds: ({ before, text }) => /^upgrade:/im.test(before + text) && /^connection:.*upgrade/im.test(before + text),
  },
  ...['body', 'trailers'].map((cause): Explanation => ({
    verdicts: ['different'],
    cause,
    rule: 'RFC 9110 5.6.3',
    why: 'llhttp does not take "chunked" with a blank behind it for chunked, which it refuses, but not where the request asks for another protocol as well: then there is no body to it.',
    holds: (request) =>
      /^transfer-encoding:[ \t]*chunked[ \t]+\r$/im.test(request.text) &&
      values(request, 'upgrade').length > 0 &&
      values(request, 'connection').join().includes('upgrade'),
  })),
];

/** An incomplete head is judged line by line by us and octet by octet by llhttp. */
const JUDGED_LATER: Explanation = {
  verdicts: ['later'],
  cause: 'any',
  rule: 'RFC 9112 2.2',
  why: 'We judge the request line when it is complete and framing when the head is; until then the connection waits, within its limits.',
  holds: ({ headIsWhole }) => !headIsWhole,
};

/** The reason for a disagreement, or null where there is none. */
export function explain(disagreement: Disagreement, input: string): Explanation | null {
  const text = input.slice(disagreement.position).replace(/^\r\n/, '');
  const headEnd = text.indexOf('\r\n\r\n');
  const [requestLine = '', ...lines] = (headEnd < 0 ? text : text.slice(0, headEnd)).split('\r\n');
  const request: DoubtfulRequest = {
    text,
    requestLine,
    lines: lines.map((line) => line.toLowerCase()),
    headIsWhole: headEnd >= 0,
    before: input.slice(0, disagreement.position),
  };
  const found = EXPLANATIONS.find(
    ({ verdicts, cause, holds }) =>
      verdicts.includes(disagreement.verdict) && cause === disagreement.cause && holds(request),
  );
  if (found !== undefined) return found;
  return disagreement.verdict === 'later' && JUDGED_LATER.holds(request) ? JUDGED_LATER : null;
}
