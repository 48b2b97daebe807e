import { at, CR, DOT, IS_TOKEN, isDigit, LF, SP } from './octets.ts';
import { fieldId } from './field-names.ts';
import { FieldTable, NEED_MORE, REFUSED } from './field-table.ts';
import {
  BODY_NONE,
  type BodyKind,
  type ConnectionOptions,
  type Framing,
  readConnection,
  readFraming,
} from './message-framing.ts';
import { FAULTS, type ProtocolFault } from './protocol-fault.ts';
import { isAuthority, parseTarget, type TargetParts } from './request-target.ts';

export const MAX_TARGET_BYTES = 8 * 1024;
const MAX_METHOD_BYTES = 24;
const VERSION_PREFIX = Buffer.from('HTTP/', 'latin1');
/** Method, target, version, the spaces between and the line end. */
const MAX_LINE_BYTES = MAX_METHOD_BYTES + MAX_TARGET_BYTES + VERSION_PREFIX.length + 7;

const HOST = fieldId('host');
const EXPECT = fieldId('expect');
const AUTHORIZATION = fieldId('authorization');
const API_KEY = fieldId('api-key');
const X_API_KEY = fieldId('x-api-key');
const DEPLOYMENT = fieldId('azureml-model-deployment');

/** Fields that decide about a request, so that two of them could be read in two ways. */
const MUST_NOT_REPEAT = [AUTHORIZATION, API_KEY, X_API_KEY, DEPLOYMENT, EXPECT];

const COMMON_METHODS = ['POST', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'CONNECT'] as const;
const EMPTY = Buffer.alloc(0);

/**
 * The head of one request: request line and fields, parsed in place on the buffer it arrived in and checked against every rule that does
 * not depend on routing. Reused for many requests; between `parse` and `clear` it holds its buffer.
 */
export class RequestHead implements TargetParts, Framing, ConnectionOptions {
  bytes: Buffer = EMPTY;
  readonly fields = new FieldTable();
  fault: ProtocolFault = FAULTS.requestLine;
  method = '';
  minorVersion = 1;
  authorityStart = 0;
  authorityEnd = 0;
  pathStart = 0;
  pathEnd = 0;
  queryStart = 0;
  end = 0;
  isAsterisk = false;
  bodyKind: BodyKind = BODY_NONE;
  contentLength = -1;
  close = false;
  keepAlive = false;
  upgrade = false;
  nominated: Buffer[] | null = null;
  /** The client waits for `100 Continue` before it sends the body. */
  expectsContinue = false;
  private targetStart = 0;

  clear(): void {
    this.bytes = EMPTY;
    this.fields.clear();
    this.nominated = null;
  }

  /** Whether the connection may carry another request after this one (RFC 9112 section 9.3). */
  get persistent(): boolean {
    return this.minorVersion === 1 ? !this.close : this.keepAlive && !this.close;
  }

  /**
   * Parses the head that starts at `start`. Depends on the octets alone: called again with more of the same octets it never contradicts
   * itself.
   * @returns the position of the body, NEED_MORE, or REFUSED with `fault` set
   */
  parse(bytes: Buffer, start: number, available: number): number {
    this.bytes = bytes;
    // A server ignores one empty line before a request, which some clients send after a body (RFC 9112 section 2.2).
    let p = start;
    if (p < available && at(bytes, p) === CR) {
      if (p + 1 === available) return NEED_MORE;
      if (at(bytes, p + 1) !== LF) return this.refuse(FAULTS.lineEnd);
      p += 2;
    }
    const fieldsStart = this.parseRequestLine(bytes, p, available);
    if (fieldsStart <= 0) return fieldsStart;
    const body = this.fields.parse(bytes, fieldsStart, available);
    if (body === REFUSED) return this.refuse(this.fields.fault);
    if (body === NEED_MORE) return NEED_MORE;
    const fault = this.check();
    return fault === null ? body : this.refuse(fault);
  }

  private refuse(fault: ProtocolFault): typeof REFUSED {
    this.fault = fault;
    return REFUSED;
  }

  /** The whole line is looked at once it is there, so that what is wrong with it does not depend on how it was cut. */
  private parseRequestLine(bytes: Buffer, start: number, available: number): number {
    if (start === available) return NEED_MORE;
    if (IS_TOKEN[at(bytes, start)] !== 1) return this.refuse(FAULTS.requestLine);
    const lineFeed = bytes.indexOf(LF, start);
    if (lineFeed < 0 || lineFeed >= available || lineFeed - start >= MAX_LINE_BYTES) {
      return available - start >= MAX_LINE_BYTES ? this.refuse(FAULTS.targetTooLong) : NEED_MORE;
    }
    let p = start;
    while (IS_TOKEN[at(bytes, p)] === 1) p += 1;
    if (at(bytes, p) !== SP || p - start > MAX_METHOD_BYTES) return this.refuse(FAULTS.requestLine);
    this.method = readMethod(bytes, start, p);
    this.targetStart = p + 1;
    this.end = bytes.indexOf(SP, p + 1);
    if (this.end < 0 || this.end > lineFeed || this.end === this.targetStart) return this.refuse(FAULTS.requestLine);
    if (this.end - this.targetStart > MAX_TARGET_BYTES) return this.refuse(FAULTS.targetTooLong);
    return this.parseVersion(bytes, this.end + 1, lineFeed) ? lineFeed + 1 : REFUSED;
  }

  /** `HTTP/1.0` or `HTTP/1.1` and CR, up to the line feed. */
  private parseVersion(bytes: Buffer, start: number, lineFeed: number): boolean {
    const digits = start + VERSION_PREFIX.length;
    const isWellFormed =
      digits + 4 === lineFeed &&
      VERSION_PREFIX.every((octet, i) => at(bytes, start + i) === octet) &&
      isDigit(at(bytes, digits)) &&
      at(bytes, digits + 1) === DOT &&
      isDigit(at(bytes, digits + 2)) &&
      at(bytes, digits + 3) === CR;
    if (!isWellFormed) {
      this.fault = FAULTS.requestLine;
      return false;
    }
    this.minorVersion = at(bytes, digits + 2) - 0x30;
    if (at(bytes, digits) === 0x31 && this.minorVersion <= 1) return true;
    this.fault = FAULTS.version;
    return false;
  }

  private check(): ProtocolFault | null {
    if (this.method === 'CONNECT' || this.method === 'TRACE') return FAULTS.connect;
    const target = parseTarget(this.bytes, this.targetStart, this.end, this.method === 'OPTIONS', this);
    return target ?? this.checkHost() ?? this.checkFields();
  }

  private checkHost(): ProtocolFault | null {
    const { fields } = this;
    const line = fields.lineOf(HOST);
    // HTTP/1.0 knows no Host; everybody else sends exactly one.
    if (line < 0) return this.minorVersion === 0 ? null : FAULTS.hostMissing;
    if (fields.isRepeated(HOST)) return FAULTS.hostMissing;
    return isAuthority(fields.bytes, fields.valueStart(line), fields.valueEnd(line)) ? null : FAULTS.authority;
  }

  private checkFields(): ProtocolFault | null {
    const { fields } = this;
    const framing = readFraming(fields, this.minorVersion, this);
    if (framing !== null) return framing;
    if (!readConnection(fields, this)) return FAULTS.connection;
    for (const id of MUST_NOT_REPEAT) if (fields.isRepeated(id)) return FAULTS.duplicate;
    const expect = fields.lineOf(EXPECT);
    this.expectsContinue = false;
    if (expect < 0 || this.minorVersion === 0) return null;
    if (!fields.valueEquals(expect, '100-continue')) return FAULTS.expectation;
    this.expectsContinue = this.bodyKind !== BODY_NONE;
    return null;
  }
}

function readMethod(bytes: Buffer, start: number, end: number): string {
  for (const method of COMMON_METHODS) {
    if (method.length !== end - start) continue;
    let i = 0;
    while (i < method.length && method.charCodeAt(i) === bytes[start + i]) i += 1;
    if (i === method.length) return method;
  }
  return bytes.toString('latin1', start, end);
}
