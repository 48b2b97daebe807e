import { DescriptionError } from '../bounded-text.ts';

/** A value of the protobuf text format: a string, a number, a bare word such as `TYPE_FP32` or `true`, or a message. */
export type TextValue = string | number | Word | TextMessage;

/** A name without quotes, which only its field's type tells apart from a string: an enum's value or a boolean. */
export interface Word {
  word: string;
}

export interface TextField {
  value: TextValue;
  /** Where the value begins, from 1. */
  line: number;
}

/** Fields in their order; a repeated field has several values. */
export type TextMessage = Map<string, TextField[]>;

const MAX_DEPTH = 32;

interface Token {
  kind: 'punctuation' | 'name' | 'number' | 'string' | 'end';
  text: string;
  line: number;
}

/** Blanks and comments between two tokens. */
const BETWEEN = /(?:\s|#[^\n]*(?:\n|$))*/y;

/** One token; the groups tell which. */
const TOKEN =
  /(?<punctuation>[{}[\]<>:,;])|(?<name>[A-Za-z_]\w*)|(?<number>[-+]?(?:0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fF]?))|(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<end>$)/y;

/**
 * Parses the protobuf text format, as `config.pbtxt` is written in: fields with or without `:`, messages in `{}` or `<>`, lists in `[]`,
 * adjacent strings that make one, comments. Extensions and `Any` are not of this language's use here. Pure.
 * @see https://protobuf.dev/reference/protobuf/textformat-spec/
 * @throws DescriptionError with the line
 */
export function parseTextFormat(text: string): TextMessage {
  const tokens = new Tokens(text);
  return readFields(tokens, null, 0);
}

/** A reader with one token of sight. */
class Tokens {
  readonly #text: string;
  #position = 0;
  #line = 1;
  #next: Token;

  constructor(text: string) {
    this.#text = text;
    this.#next = this.#scan();
  }

  peek(): Token {
    return this.#next;
  }

  take(): Token {
    const token = this.#next;
    this.#next = this.#scan();
    return token;
  }

  /** Takes a punctuation mark if it is next. */
  takes(...marks: string[]): boolean {
    const isNext = this.#next.kind === 'punctuation' && marks.includes(this.#next.text);
    if (isNext) this.take();
    return isNext;
  }

  #scan(): Token {
    this.#advance(BETWEEN);
    const line = this.#line;
    const match = this.#advance(TOKEN);
    if (match === null) {
      throw faultAt(line, `has ${JSON.stringify(this.#text[this.#position])}, which means nothing there`);
    }
    const [kind, found] = Object.entries(match.groups!).find(([, group]) => group !== undefined)!;
    const text = kind === 'string' ? unescape(found.slice(1, -1)) : found;
    return { kind: kind as Token['kind'], text, line };
  }

  #advance(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match === null) return null;
    this.#position = pattern.lastIndex;
    this.#line += match[0].split('\n').length - 1;
    return match;
  }
}

function readFields(tokens: Tokens, end: '}' | '>' | null, depth: number): TextMessage {
  if (depth > MAX_DEPTH) throw faultAt(tokens.peek().line, 'is nested too deep');
  const message: TextMessage = new Map();
  for (;;) {
    const token = tokens.take();
    if (token.kind === 'end' && end === null) return message;
    if (token.kind === 'punctuation' && token.text === end) return message;
    if (token.kind !== 'name') throw faultAt(token.line, `has ${sayToken(token)} where the name of a field belongs`);
    const values = readFieldValues(tokens, token.text, depth);
    message.set(token.text, [...(message.get(token.text) ?? []), ...values]);
    tokens.takes(',', ';');
  }
}

function readFieldValues(tokens: Tokens, name: string, depth: number): TextField[] {
  const hasColon = tokens.takes(':');
  const next = tokens.peek();
  if (tokens.takes('[')) return readList(tokens, depth);
  if (next.kind === 'punctuation' && (next.text === '{' || next.text === '<')) return [readValue(tokens, depth)];
  if (!hasColon) throw faultAt(next.line, `has no ":" after "${name}"`);
  return [readValue(tokens, depth)];
}

function readList(tokens: Tokens, depth: number): TextField[] {
  const values: TextField[] = [];
  if (tokens.takes(']')) return values;
  for (;;) {
    values.push(readValue(tokens, depth));
    if (tokens.takes(']')) return values;
    const { line } = tokens.peek();
    if (!tokens.takes(',')) throw faultAt(line, 'has a list without "," between its values');
  }
}

function readValue(tokens: Tokens, depth: number): TextField {
  const token = tokens.take();
  return { value: valueOf(tokens, token, depth), line: token.line };
}

function valueOf(tokens: Tokens, token: Token, depth: number): TextValue {
  if (token.kind === 'number') return readNumber(token.text);
  if (token.kind === 'name') return { word: token.text };
  if (token.kind === 'string') {
    let text = token.text;
    while (tokens.peek().kind === 'string') text += tokens.take().text;
    return text;
  }
  if (token.text === '{') return readFields(tokens, '}', depth + 1);
  if (token.text === '<') return readFields(tokens, '>', depth + 1);
  throw faultAt(token.line, `has ${sayToken(token)} where a value belongs`);
}

function readNumber(text: string): number {
  return /^[-+]?0x/i.test(text)
    ? Number(text.replace(/^[-+]/, '')) * (text.startsWith('-') ? -1 : 1)
    : Number.parseFloat(text);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' };

function unescape(text: string): string {
  return text.replaceAll(
    /\\(?:x([\da-fA-F]{1,2})|([0-7]{1,3})|(.))/g,
    (_, hex?: string, octal?: string, char?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      return ESCAPES[char!] ?? char!;
    },
  );
}

function sayToken(token: Token): string {
  return token.kind === 'end' ? 'its end' : JSON.stringify(token.text);
}

/** @param what completes "<file> …" */
export function faultAt(line: number, what: string): DescriptionError {
  return new DescriptionError(`${what} (line ${line})`);
}
