import { fieldId } from './http1/field-names.ts';
import { at, equalsIgnoringCase, SLASH } from './http1/octets.ts';
import type { RequestHead } from './http1/request-head.ts';
import type { EndpointRoute, RouteIndex } from './route-index.ts';

const HOST = fieldId('host');

/** Which octets of the request target the model is sent: `[forwardStart, head.end)`, after a slash where `needsSlash`. */
export interface RouteMatch {
  forwardStart: number;
  needsSlash: boolean;
}

/**
 * Finds the endpoint: by host name `<endpoint>.<domain>` where a domain is configured, else by the first segment of the path. What is forwarded is the
 * rest of exactly the octets that were looked at; an unknown name is nobody's, never a default.
 * @param domain lower case, or null
 */
export function matchRoute(
  routes: RouteIndex,
  head: RequestHead,
  domain: string | null,
  match: RouteMatch,
): EndpointRoute | null {
  if (domain !== null) {
    const label = endpointLabel(head, domain);
    if (label !== null) {
      match.forwardStart = head.pathStart;
      match.needsSlash = head.isAsterisk ? false : head.pathStart === head.pathEnd;
      return routes.find(label) ?? null;
    }
  }
  return head.isAsterisk ? null : matchPath(routes, head, match);
}

/** The name before `.domain` in the host that the request is for, or null when it is for another host. */
function endpointLabel(head: RequestHead, domain: string): string | null {
  const [start, end] = authorityRange(head);
  const hostEnd = hostnameEnd(head.bytes, start, end);
  const dot = hostEnd - domain.length - 1;
  if (dot <= start || !equalsIgnoringCase(head.bytes, dot, hostEnd, `.${domain}`)) return null;
  return head.bytes.toString('latin1', start, dot).toLowerCase();
}

/** The authority of the target counts, not Host, when the target has one (RFC 9112 section 3.2.2). */
export function authorityRange(head: RequestHead): [start: number, end: number] {
  if (head.authorityEnd > head.authorityStart) return [head.authorityStart, head.authorityEnd];
  const line = head.fields.lineOf(HOST);
  return line < 0 ? [0, 0] : [head.fields.valueStart(line), head.fields.valueEnd(line)];
}

function hostnameEnd(bytes: Buffer, start: number, end: number): number {
  let p = end - 1;
  while (p > start && at(bytes, p) >= 0x30 && at(bytes, p) <= 0x39) p -= 1;
  return p > start && at(bytes, p) === 0x3a ? p : end;
}

function matchPath(routes: RouteIndex, head: RequestHead, match: RouteMatch): EndpointRoute | null {
  const { bytes, pathStart, pathEnd } = head;
  let p = pathStart + 1;
  while (p < pathEnd && at(bytes, p) !== SLASH) p += 1;
  if (p <= pathStart + 1) return null;
  const endpoint = routes.find(decodeName(bytes.toString('latin1', pathStart + 1, p)));
  if (endpoint === undefined) return null;
  match.forwardStart = p;
  match.needsSlash = p === pathEnd;
  // "/endpoint//host/…" would leave a target that starts with two slashes, which reads as an authority.
  if (p + 1 < pathEnd && at(bytes, p + 1) === SLASH) return null;
  return endpoint;
}

/** Names are letters, digits and hyphens; an escaped one means the same (RFC 3986 section 2.3), anything else is no name. */
function decodeName(segment: string): string {
  if (!segment.includes('%')) return segment.toLowerCase();
  return segment
    .replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .toLowerCase();
}
