import { isGrpcType } from './grpc.ts';
import { areSafeFields } from './stream-fields.ts';

/** A request of HTTP/2 in the words of HTTP/1.1. */
export interface ComposedRequest {
  /** A whole head, to be parsed and judged like any other. */
  readonly octets: Buffer;
  readonly isGrpc: boolean;
  /** `grpc-timeout` as it came, or null. */
  readonly grpcTimeout: string | null;
  /** A gRPC call that names no endpoint. */
  readonly lacksEndpoint: boolean;
}

/** A request before its lines are put together. */
interface Parts {
  method: string;
  path: string;
  authority: string | null;
  hosts: string[];
  cookies: string[];
  lines: string;
  hasLength: boolean;
  isGrpc: boolean;
  acceptsTrailers: boolean;
  timeout: string | null;
  endpoint: string | null;
}

/** What a client names an endpoint with that its authority does not name. */
const ENDPOINT_FIELD = 'viridian-endpoint';
const ENDPOINT_NAME = /^[A-Za-z0-9-]{1,64}$/;
/** What a request line may hold between its spaces. */
const VISIBLE = /^[\x21-\x7e]+$/;

/**
 * Puts a request of HTTP/2 into an HTTP/1.1 head, so that it is judged by the same rules: `:authority` becomes Host, crumbs of cookies become one field
 * (RFC 9113 section 8.2.3), and a body of unknown length gets chunked framing, in name only.
 *
 * A gRPC call names a service and a method in its path and nothing else, so its endpoint stands in the authority (`<endpoint>.<domain>`) or in the
 * metadata `viridian-endpoint`; the latter is written before the path, where endpoints are looked for.
 * @param fields names and values by turns
 * @param complete the request has no body
 * @param domain lower case, or null where endpoints have no host names
 * @returns null when the request is malformed (RFC 9113 section 8.1.1)
 */
export function composeRequest(
  fields: readonly string[],
  complete: boolean,
  domain: string | null,
): ComposedRequest | null {
  if (!areSafeFields(fields)) return null;
  const parts = takeApart(fields);
  const isNamed = !parts.isGrpc || parts.endpoint !== null || isUnderDomain(parts, domain);
  const target = targetOf(parts, domain);
  if (!VISIBLE.test(target) || !VISIBLE.test(parts.method)) return null;
  const head = [`${parts.method} ${target} HTTP/1.1\r\n`, hostLines(parts), parts.lines];
  if (parts.cookies.length > 0) head.push(`cookie: ${parts.cookies.join('; ')}\r\n`);
  // gRPC ends every answer with trailers, whether a client says that it knows or not.
  if (parts.isGrpc && !parts.acceptsTrailers) head.push('te: trailers\r\n');
  if (!complete && !parts.hasLength) head.push('transfer-encoding: chunked\r\n');
  const octets = Buffer.from(`${head.join('')}\r\n`, 'latin1');
  return { octets, isGrpc: parts.isGrpc, grpcTimeout: parts.timeout, lacksEndpoint: !isNamed };
}

function takeApart(fields: readonly string[]): Parts {
  const parts: Parts = {
    method: '',
    path: '',
    authority: null,
    hosts: [],
    cookies: [],
    lines: '',
    hasLength: false,
    isGrpc: false,
    acceptsTrailers: false,
    timeout: null,
    endpoint: null,
  };
  for (let i = 0; i < fields.length; i += 2) takeField(parts, fields[i] as string, fields[i + 1] as string);
  return parts;
}

function takeField(parts: Parts, name: string, value: string): void {
  if (name === ':method') parts.method = value;
  else if (name === ':path') parts.path = value;
  else if (name === ':authority') parts.authority = value;
  else if (name === 'host') parts.hosts.push(value);
  else if (name === 'cookie') parts.cookies.push(value);
  else if (!name.startsWith(':')) takeLine(parts, name, value);
}

function takeLine(parts: Parts, name: string, value: string): void {
  if (name === ENDPOINT_FIELD) {
    parts.endpoint = ENDPOINT_NAME.test(value) ? value : null;
    return;
  }
  parts.lines += `${name}: ${value}\r\n`;
  if (name === 'content-length') parts.hasLength = true;
  else if (name === 'content-type') parts.isGrpc = isGrpcType(value);
  else if (name === 'te') parts.acceptsTrailers = value === 'trailers';
  else if (name === 'grpc-timeout') parts.timeout = value;
}

/** A Host that differs from the authority stays beside it: two are refused, as two of them are in HTTP/1.1 (RFC 9113 section 8.3.1). */
function hostLines({ authority, hosts }: Parts): string {
  const named = authority === null ? hosts : [authority, ...hosts.filter((host) => host !== authority)];
  return named.map((host) => `host: ${host}\r\n`).join('');
}

/** @returns '' where `:path` is none */
function targetOf(parts: Parts, domain: string | null): string {
  const { method, path, endpoint } = parts;
  // Refused behind this, as any CONNECT is.
  if (method === 'CONNECT') return parts.authority ?? '';
  if (!path.startsWith('/') && path !== '*') return '';
  return !parts.isGrpc || endpoint === null || isUnderDomain(parts, domain) ? path : `/${endpoint}${path}`;
}

function isUnderDomain({ authority, hosts }: Parts, domain: string | null): boolean {
  if (domain === null) return false;
  const host = (authority ?? hosts[0] ?? '').replace(/:\d+$/, '').toLowerCase();
  return host.endsWith(`.${domain}`);
}
