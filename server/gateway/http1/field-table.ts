import {
  at,
  COLON,
  COMMA,
  CR,
  equalsIgnoringCase,
  FIELD_VALUE_CLASS,
  HTAB,
  IS_TOKEN,
  LF,
  LOWER,
  OPAQUE,
  SP,
} from './octets.ts';
import { identifyField, KNOWN_FIELD_COUNT } from './field-names.ts';
import { FAULTS, type ProtocolFault } from './protocol-fault.ts';

export const MAX_FIELDS = 100;
export const MAX_FIELDS_BYTES = 16 * 1024;

/** Outcomes of parsing that are no position: positions are positive, because a head is never empty. */
export const NEED_MORE = 0;
export const REFUSED = -1;

const STRIDE = 4;

/**
 * The field lines of one message, as offsets into the buffer they arrived in: no string is made for a field that is only copied. A table is
 * reused for many messages and holds its buffer only between `parse` and `clear`.
 *
 * What `parse` answers depends on the octets alone, never on how they were cut into packets: it reads strictly left to right inside a window
 * of MAX_FIELDS_BYTES, and a fault is found at the same octet whether or not more has arrived.
 */
export class FieldTable {
  bytes: Buffer = EMPTY;
  count = 0;
  /** Some value holds octets above ASCII. */
  hasOpaque = false;
  fault: ProtocolFault = FAULTS.fieldName;
  /** Id per line (see `identifyField`). */
  readonly ids = new Int8Array(MAX_FIELDS);
  private readonly offsets = new Int32Array(MAX_FIELDS * STRIDE);
  /** First line of each known id plus one; 0 where it is absent. */
  private readonly first = new Uint8Array(KNOWN_FIELD_COUNT);
  private readonly repeated = new Uint8Array(KNOWN_FIELD_COUNT);
  private end = 0;

  clear(): void {
    this.bytes = EMPTY;
    this.forgetLines();
  }

  /** Takes back what the lines have set: a few assignments, where filling the tables would be two native calls for each head. */
  private forgetLines(): void {
    for (let line = 0; line < this.count; line += 1) {
      const id = this.ids[line] as number;
      if (id <= 0) continue;
      this.first[id] = 0;
      this.repeated[id] = 0;
    }
    this.count = 0;
  }

  /**
   * Reads field lines from `start` to the empty line.
   * @returns the position after the empty line, NEED_MORE, or REFUSED with `fault` set
   */
  parse(bytes: Buffer, start: number, available: number): number {
    this.bytes = bytes;
    this.forgetLines();
    this.hasOpaque = false;
    const window = Math.min(available, start + MAX_FIELDS_BYTES);
    const whenShort = available - start >= MAX_FIELDS_BYTES ? REFUSED : NEED_MORE;
    this.fault = FAULTS.headTooLarge;
    let p = start;
    for (;;) {
      if (p >= window) return whenShort;
      if (at(bytes, p) === CR) {
        if (p + 1 >= window) return whenShort;
        if (at(bytes, p + 1) !== LF) return this.refuse(FAULTS.lineEnd);
        this.end = p;
        return p + 2;
      }
      const next = this.parseLine(bytes, p, window);
      if (next === NEED_MORE) return whenShort;
      if (next === REFUSED) return REFUSED;
      p = next;
    }
  }

  private parseLine(bytes: Buffer, start: number, window: number): number {
    let p = start;
    while (p < window && IS_TOKEN[at(bytes, p)] === 1) p += 1;
    if (p === window) return NEED_MORE;
    if (at(bytes, p) !== COLON || p === start) return this.refuse(FAULTS.fieldName);
    const nameEnd = p;
    p += 1;
    while (p < window && isBlank(at(bytes, p))) p += 1;
    const valueStart = p;
    let classes = 0;
    for (; p < window; p += 1) {
      const octetClass = at(FIELD_VALUE_CLASS, at(bytes, p));
      if (octetClass === 0) break;
      classes |= octetClass;
    }
    if (p === window) return NEED_MORE;
    if (at(bytes, p) !== CR) return this.refuse(at(bytes, p) === LF ? FAULTS.lineEnd : FAULTS.fieldValue);
    if (p + 1 === window) return NEED_MORE;
    if (at(bytes, p + 1) !== LF) return this.refuse(FAULTS.lineEnd);
    if ((classes & OPAQUE) !== 0) this.hasOpaque = true;
    let valueEnd = p;
    while (valueEnd > valueStart && isBlank(at(bytes, valueEnd - 1))) valueEnd -= 1;
    return this.add(start, nameEnd, valueStart, valueEnd) ? p + 2 : REFUSED;
  }

  private add(start: number, nameEnd: number, valueStart: number, valueEnd: number): boolean {
    const line = this.count;
    if (line === MAX_FIELDS) {
      this.fault = FAULTS.headTooLarge;
      return false;
    }
    const id = identifyField(this.bytes, start, nameEnd);
    this.ids[line] = id;
    if (id > 0) {
      if (this.first[id] === 0) this.first[id] = line + 1;
      else this.repeated[id] = 1;
    }
    const offset = line * STRIDE;
    this.offsets[offset] = start;
    this.offsets[offset + 1] = nameEnd;
    this.offsets[offset + 2] = valueStart;
    this.offsets[offset + 3] = valueEnd;
    this.count = line + 1;
    return true;
  }

  private refuse(fault: ProtocolFault): typeof REFUSED {
    this.fault = fault;
    return REFUSED;
  }

  /** Line of the first field with this id, -1 when there is none. */
  lineOf(id: number): number {
    return at(this.first, id) - 1;
  }

  has(id: number): boolean {
    return this.first[id] !== 0;
  }

  isRepeated(id: number): boolean {
    return this.repeated[id] === 1;
  }

  lineStart(line: number): number {
    return this.offsets[line * STRIDE] as number;
  }

  /** Position after the line's CR LF. */
  lineEnd(line: number): number {
    return line + 1 === this.count ? this.end : (this.offsets[(line + 1) * STRIDE] as number);
  }

  nameEnd(line: number): number {
    return this.offsets[line * STRIDE + 1] as number;
  }

  valueStart(line: number): number {
    return this.offsets[line * STRIDE + 2] as number;
  }

  valueEnd(line: number): number {
    return this.offsets[line * STRIDE + 3] as number;
  }

  /** Octets of all field lines together. */
  get byteLength(): number {
    return this.count === 0 ? 0 : this.end - this.lineStart(0);
  }

  /** The value as text, one character an octet. */
  value(line: number): string {
    return this.bytes.toString('latin1', this.valueStart(line), this.valueEnd(line));
  }

  /** Value of the first field with this id, or null. */
  valueOf(id: number): string | null {
    const line = this.lineOf(id);
    return line < 0 ? null : this.value(line);
  }

  valueEquals(line: number, lowerCaseText: string): boolean {
    return equalsIgnoringCase(this.bytes, this.valueStart(line), this.valueEnd(line), lowerCaseText);
  }

  /** First line whose name is this lower-case one, for names that are configured and so have no id; -1 when there is none. */
  findByName(lowerCaseName: string): number {
    for (let line = 0; line < this.count; line += 1) {
      if (equalsIgnoringCase(this.bytes, this.lineStart(line), this.nameEnd(line), lowerCaseName)) return line;
    }
    return -1;
  }

  nameEqualsName(line: number, other: Buffer): boolean {
    const start = this.lineStart(line);
    if (this.nameEnd(line) - start !== other.length) return false;
    for (let i = 0; i < other.length; i += 1) {
      if (LOWER[at(this.bytes, start + i)] !== other[i]) return false;
    }
    return true;
  }
}

const EMPTY = Buffer.alloc(0);

function isBlank(octet: number): boolean {
  return octet === SP || octet === HTAB;
}

/**
 * Calls `visit` for each element of a comma-separated list of tokens; empty elements are skipped (RFC 9110 section 5.6.1.2).
 * @returns false when something is no token, or `visit` returned false
 */
export function visitTokens(
  bytes: Buffer,
  start: number,
  end: number,
  visit: (start: number, end: number) => boolean,
): boolean {
  let p = start;
  while (p < end) {
    while (p < end && (isBlank(at(bytes, p)) || at(bytes, p) === COMMA)) p += 1;
    if (p === end) return true;
    const tokenStart = p;
    while (p < end && IS_TOKEN[at(bytes, p)] === 1) p += 1;
    const tokenEnd = p;
    while (p < end && isBlank(at(bytes, p))) p += 1;
    if (tokenEnd === tokenStart || (p < end && at(bytes, p) !== COMMA)) return false;
    if (!visit(tokenStart, tokenEnd)) return false;
  }
  return true;
}
