import type { ErrorCode } from '#lib/contracts/error-codes.ts';

/**
 * A message that breaks a rule of HTTP/1.1. Faults are constants: a hostile peer must not be able to make us allocate. `kind` is the
 * counter's name, `code` what the client is told when the fault is in a request; in a response every fault is a bad gateway.
 */
export interface ProtocolFault {
  readonly kind: string;
  readonly code: ErrorCode;
  readonly detail: string;
}

const fault = (kind: string, detail: string, code: ErrorCode = 'gateway.bad_request'): ProtocolFault =>
  Object.freeze({ kind, code, detail });

/** Every way a message can be refused, with the rule where there is one. */
export const FAULTS = {
  requestLine: fault(
    'request_line',
    'The request line is not "method SP target SP HTTP/1.1 CRLF" (RFC 9112 section 3).',
  ),
  lineEnd: fault(
    'line_end',
    'A line does not end with CR LF, or holds a bare CR, LF or control character (RFC 9112 section 2.2).',
  ),
  version: fault(
    'version',
    'Only HTTP/1.1 and HTTP/1.0 are spoken here (RFC 9112 section 2.3).',
    'gateway.version_not_supported',
  ),
  target: fault('target', 'The request target holds a character or a form that is not allowed (RFC 9112 section 3.2).'),
  targetTooLong: fault('target_too_long', 'The request target is longer than 8 KiB.', 'gateway.uri_too_long'),
  path: fault('path', 'The path holds a dot segment, an encoded control character or a broken escape.'),
  authority: fault('authority', 'The host is not a valid "host[:port]" (RFC 9110 section 7.2).'),
  hostMissing: fault('host', 'A request has exactly one Host field (RFC 9112 section 3.2).'),
  fieldName: fault('field_name', 'A field line does not start with "name:" (RFC 9112 section 5.1).'),
  fieldValue: fault('field_value', 'A field value holds a control character (RFC 9110 section 5.5).'),
  headTooLarge: fault(
    'head_too_large',
    'The fields are larger than 16 KiB or more than 100.',
    'gateway.headers_too_large',
  ),
  contentLength: fault(
    'content_length',
    'Content-Length must be one decimal number without sign or leading zeros (RFC 9112 section 6.2).',
  ),
  transferEncoding: fault(
    'transfer_encoding',
    'Transfer-Encoding may only be "chunked", in HTTP/1.1, once (RFC 9112 section 6.1).',
  ),
  transferCodingUnknown: fault(
    'transfer_coding',
    'The only transfer coding is "chunked" (RFC 9112 section 6.1).',
    'gateway.not_implemented',
  ),
  bothLengths: fault('both_lengths', 'Content-Length and Transfer-Encoding exclude each other (RFC 9112 section 6.1).'),
  connection: fault('connection', 'Connection must be a list of field names (RFC 9110 section 7.6.1).'),
  duplicate: fault('duplicate', 'A field that decides about the request appears more than once.'),
  expectation: fault('expectation', 'The only expectation is "100-continue".', 'gateway.expectation_failed'),
  connect: fault('connect', 'CONNECT and TRACE are not served here.', 'gateway.method_not_allowed'),
  chunk: fault('chunk', 'The chunked body is malformed (RFC 9112 section 7.1).'),
  chunkExtension: fault('chunk_extension', 'The chunk extensions are too long (RFC 9112 section 7.1.1).'),
  trailer: fault('trailer', 'The trailer section is malformed or too large (RFC 9112 section 7.1.2).'),
  statusLine: fault('status_line', 'The status line is malformed (RFC 9112 section 4).'),
  status: fault('status', 'The status code is not within 100 to 599 (RFC 9110 section 15).'),
  unsolicitedUpgrade: fault('unsolicited_upgrade', 'The model switched protocols unasked (RFC 9110 section 7.8).'),
  tooManyInterim: fault('too_many_interim', 'The model sent too many interim answers.'),
} as const satisfies Record<string, ProtocolFault>;
