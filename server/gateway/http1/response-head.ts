import { at, CR, HTAB, isDigit, LF, SP } from './octets.ts';
import { FieldTable, NEED_MORE, REFUSED } from './field-table.ts';
import {
  BODY_NONE,
  BODY_UNTIL_CLOSE,
  type BodyKind,
  type ConnectionOptions,
  type Framing,
  readConnection,
  readFraming,
} from './message-framing.ts';
import { FAULTS, type ProtocolFault } from './protocol-fault.ts';

const MAX_STATUS_LINE_BYTES = 1024;
const VERSION_PREFIX = Buffer.from('HTTP/1.', 'latin1');
const EMPTY = Buffer.alloc(0);

/**
 * The head of one answer of a model, parsed in place. As strict as the request side: what a model sends wrongly is a bad gateway, never
 * something to be passed on (RFC 9112 sections 4 and 6).
 */
export class ResponseHead implements Framing, ConnectionOptions {
  bytes: Buffer = EMPTY;
  readonly fields = new FieldTable();
  fault: ProtocolFault = FAULTS.statusLine;
  status = 0;
  minorVersion = 1;
  bodyKind: BodyKind = BODY_NONE;
  contentLength = -1;
  close = false;
  keepAlive = false;
  upgrade = false;
  nominated: Buffer[] | null = null;
  /** The head announces a body for a status that has none, so where the next answer starts is doubtful. */
  contradictory = false;

  clear(): void {
    this.bytes = EMPTY;
    this.fields.clear();
    this.nominated = null;
  }

  get persistent(): boolean {
    if (this.bodyKind === BODY_UNTIL_CLOSE || this.contradictory) return false;
    return this.minorVersion === 1 ? !this.close : this.keepAlive && !this.close;
  }

  /**
   * @param toHead the answer is to a HEAD request, so it has no body whatever its fields say
   * @returns the position of the body, NEED_MORE, or REFUSED with `fault` set
   */
  parse(bytes: Buffer, start: number, available: number, toHead: boolean): number {
    this.bytes = bytes;
    const fieldsStart = this.parseStatusLine(bytes, start, available);
    if (fieldsStart <= 0) return fieldsStart;
    const body = this.fields.parse(bytes, fieldsStart, available);
    if (body === REFUSED) return this.refuse(this.fields.fault);
    if (body === NEED_MORE) return NEED_MORE;
    const fault = this.check(toHead);
    return fault === null ? body : this.refuse(fault);
  }

  private refuse(fault: ProtocolFault): typeof REFUSED {
    this.fault = fault;
    return REFUSED;
  }

  private parseStatusLine(bytes: Buffer, start: number, available: number): number {
    if (start === available) return NEED_MORE;
    if (at(bytes, start) !== VERSION_PREFIX[0]) return this.refuse(FAULTS.statusLine);
    const lineFeed = bytes.indexOf(LF, start);
    if (lineFeed < 0 || lineFeed >= available || lineFeed - start >= MAX_STATUS_LINE_BYTES) {
      return available - start >= MAX_STATUS_LINE_BYTES ? this.refuse(FAULTS.statusLine) : NEED_MORE;
    }
    if (lineFeed - start < 13 || at(bytes, lineFeed - 1) !== CR) return this.refuse(FAULTS.statusLine);
    for (let i = 0; i < VERSION_PREFIX.length; i += 1) {
      if (at(bytes, start + i) !== VERSION_PREFIX[i]) return this.refuse(FAULTS.statusLine);
    }
    const minor = at(bytes, start + 7) - 0x30;
    if ((minor !== 0 && minor !== 1) || at(bytes, start + 8) !== SP) return this.refuse(FAULTS.statusLine);
    this.minorVersion = minor;
    return this.parseStatus(bytes, start + 9, lineFeed) ? lineFeed + 1 : REFUSED;
  }

  /** Three digits, then nothing, or a space and a reason of visible text. A missing space is a common harmless slip. */
  private parseStatus(bytes: Buffer, start: number, lineFeed: number): boolean {
    this.fault = FAULTS.status;
    const [hundreds, tens, ones] = [at(bytes, start), at(bytes, start + 1), at(bytes, start + 2)];
    if (!isDigit(hundreds) || !isDigit(tens) || !isDigit(ones)) return false;
    this.status = (hundreds - 0x30) * 100 + (tens - 0x30) * 10 + (ones - 0x30);
    if (this.status < 100 || this.status > 599) return false;
    this.fault = FAULTS.statusLine;
    const reason = start + 3;
    const end = lineFeed - 1;
    if (reason === end) return true;
    if (at(bytes, reason) !== SP) return false;
    for (let p = reason; p < end; p += 1) if (isControl(at(bytes, p))) return false;
    return !hasStrayC1(bytes, reason, end);
  }

  private check(toHead: boolean): ProtocolFault | null {
    const { fields, status } = this;
    for (let line = 0; fields.hasOpaque && line < fields.count; line += 1) {
      if (hasStrayC1(fields.bytes, fields.valueStart(line), fields.valueEnd(line))) return FAULTS.fieldValue;
    }
    const framing = readFraming(fields, this.minorVersion, this);
    if (framing !== null) return framing;
    if (!readConnection(fields, this)) return FAULTS.connection;
    this.contradictory = false;
    if (status < 200 || status === 204) {
      this.contradictory = this.bodyKind !== BODY_NONE;
      this.bodyKind = BODY_NONE;
      this.contentLength = -1;
    } else if (toHead || status === 304) {
      this.bodyKind = BODY_NONE;
    } else if (this.bodyKind === BODY_NONE && this.contentLength < 0) {
      this.bodyKind = BODY_UNTIL_CLOSE;
    }
    return null;
  }
}

function isControl(octet: number): boolean {
  return (octet < SP && octet !== HTAB) || octet === 0x7f;
}

/**
 * Whether the range holds a C1 control (0x80 to 0x9f), be it a bare octet or U+0080 to U+009F in UTF-8. Octets of that range inside
 * other UTF-8 characters are text: file names in Content-Disposition are full of them.
 */
function hasStrayC1(bytes: Buffer, start: number, end: number): boolean {
  let p = start;
  while (p < end && at(bytes, p) < 0x80) p += 1;
  if (p === end) return false;
  const asText = bytes.toString('utf8', p, end);
  // U+FFFD: not UTF-8, so each octet stands for itself.
  const text = asText.includes('\ufffd') ? bytes.toString('latin1', p, end) : asText;
  return C1.test(text);
}

// oxlint-disable-next-line no-control-regex -- controls are what is looked for
const C1 = /[\u0080-\u009f]/;
