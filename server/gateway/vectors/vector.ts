/**
 * Raw HTTP/1.1 as data: what goes in, what the client must get and what the model must see, one case for each rule. The same vectors run against the
 * gateway in its tests and against other proxies by `npm run check:vectors`. Texts hold one character an octet.
 */
export interface Vector {
  /** Section of the standard that decides, or what else does. */
  readonly rule: string;
  readonly name: string;
  /** Octets of the client, on a connection of its own. */
  readonly send: string;
  /** `send` in several writes. Where the model answers to the head, the second one waits for that answer. */
  readonly pieces?: readonly string[];
  /** The client ends its side behind what it sends. */
  readonly halfCloses?: boolean;
  /** Requests are HEAD, so their answers have no body whatever they say. */
  readonly head?: boolean;
  readonly model?: ModelScript;
  readonly client: ClientView;
  /** Whole requests that reach the model, in order. */
  readonly upstream: readonly SeenUpstream[];
  /** Octets that the model must not be sent in any form. */
  readonly hidden?: readonly string[];
  /** What only this gateway offers; other proxies are not asked. */
  readonly product?: true;
}

/** What the model does instead of answering 200 with the request line as the body. */
export interface ModelScript {
  /** Octets that it answers to each request. */
  readonly says?: string;
  /** Octets that it sends when the head is there, before the body. */
  readonly onHead?: string;
  /** It ends its side behind what it says. */
  readonly ends?: true;
  /** It resets the connection behind what it says. */
  readonly resets?: true;
}

export interface ClientView {
  /** Answers in order, interim ones included. */
  readonly answers: readonly ExpectedAnswer[];
  /** The server closes behind the last answer; otherwise the connection serves the next request. */
  readonly closes: boolean;
  /** The last answer is cut off: what came of it is not whole. */
  readonly cut?: true;
}

export interface ExpectedAnswer {
  readonly status: number;
  readonly body?: string;
  /** Fields by lower-case name. */
  readonly has?: Readonly<Record<string, string>>;
  readonly lacks?: readonly string[];
  readonly trailers?: string;
}

export interface SeenUpstream {
  /** Method and target. */
  readonly line?: string;
  readonly body?: string;
  readonly has?: Readonly<Record<string, string>>;
  readonly lacks?: readonly string[];
  readonly trailers?: string;
}

export interface VectorGroup {
  /** Row of the gateway's table of behaviour. */
  readonly row: string;
  readonly topic: string;
  readonly vectors: readonly Vector[];
}

/** Key of every endpoint that asks for one. */
export const KEY = 'key-of-the-vectors-0123456789';
export const AUTH = `Authorization: Bearer ${KEY}\r\n`;
/** Path of a request that must never reach a model. */
export const PLANTED_PATH = '/SMUGGLED';
/** A whole request hidden in another one. */
export const SMUGGLED = `GET ${PLANTED_PATH} HTTP/1.1\r\nHost: a\r\n\r\n`;
/** Body of an answer that belongs to nobody. */
export const PLANTED_BODY = 'POISON';
export const PLANTED_ANSWER = `HTTP/1.1 200 OK\r\nContent-Length: ${PLANTED_BODY.length}\r\n\r\n${PLANTED_BODY}`;

/** A POST with these field lines, each with its CR LF. */
export function post(fields: string, body = '', path = '/iris/score'): string {
  return `POST ${path} HTTP/1.1\r\nHost: gateway.test\r\n${AUTH}${fields}\r\n${body}`;
}

export function get(path = '/iris/score', fields = '', method = 'GET'): string {
  return `${method} ${path} HTTP/1.1\r\nHost: gateway.test\r\n${AUTH}${fields}\r\n`;
}

export function chunked(body: string, fields = ''): string {
  return post(`${fields}Transfer-Encoding: chunked\r\n`, body);
}

type More = Partial<Omit<Vector, 'rule' | 'name'>>;

/** The client is refused, its connection closed, and no whole request reaches the model. */
export function refused(rule: string, name: string, send: string, status = 400, more: More = {}): Vector {
  const answers = [{ status, has: { connection: 'close' } }];
  return { rule, name, send, client: { answers, closes: true }, upstream: [], ...more };
}

/** The gateway answers for itself and the connection goes on. */
export function answered(rule: string, name: string, send: string, status: number, more: More = {}): Vector {
  return { rule, name, send, client: { answers: [{ status }], closes: false }, upstream: [], ...more };
}

/** The model sees one request and the client its answer. */
export function served(rule: string, name: string, send: string, seen: SeenUpstream = {}, more: More = {}): Vector {
  return { rule, name, send, client: { answers: [{ status: 200 }], closes: false }, upstream: [seen], ...more };
}

/** The model answers a plain GET with these octets. */
export function modelSays(
  rule: string,
  name: string,
  says: string | ModelScript,
  answer: ExpectedAnswer,
  more: More = {},
): Vector {
  const model = typeof says === 'string' ? { says } : says;
  return { rule, name, send: get(), model, client: { answers: [answer], closes: false }, upstream: [{}], ...more };
}

/** The model answers what no model should: the client gets 502. */
export function badAnswer(rule: string, name: string, says: string | ModelScript, more: More = {}): Vector {
  return modelSays(rule, name, says, { status: 502, lacks: ['x-planted'] }, more);
}
