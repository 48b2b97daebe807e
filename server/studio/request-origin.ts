/** What a request says about where it comes from. */
export interface RequestOrigin {
  method: string;
  header: (name: string) => string | null;
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a request that carries a session cookie may act with it. Changes need an `Origin` that is this host; Fetch Metadata, where the
 * browser sends it, must agree. Reads only refuse what another site's script asks for; a link from elsewhere may open a page.
 */
export function actsFromThisSite(request: RequestOrigin): boolean {
  const site = request.header('sec-fetch-site');
  if (SAFE_METHODS.has(request.method)) {
    return site !== 'cross-site' || request.header('sec-fetch-mode') === 'navigate';
  }
  if (site !== null && site !== 'same-origin') return false;
  const origin = request.header('origin');
  return origin !== null && hostOf(origin) === requestHost(request);
}

/** The host that the browser asked for, as a reverse proxy tells it. */
export function requestHost(request: Pick<RequestOrigin, 'header'>): string | null {
  const host = request.header('x-forwarded-host')?.split(',')[0]?.trim() ?? request.header('host');
  return host?.toLowerCase() ?? null;
}

/** Whether the browser reached us over TLS, directly or through a reverse proxy. */
export function isSecureRequest(request: Pick<RequestOrigin, 'header'>): boolean {
  return request.header('x-forwarded-proto')?.split(',')[0]?.trim() === 'https';
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host.toLowerCase();
  } catch {
    return null;
  }
}

/**
 * A place inside the studio to go to after signing in. Anything that could lead elsewhere becomes the overview: absolute and
 * protocol-relative addresses, backslashes (which browsers read as slashes), control characters.
 */
export function safeNextPath(next: string | null | undefined): string {
  if (!next || !/^\/(?![/\\])[^\\\u0000-\u0020\u007f]*$/.test(next)) return '/';
  const resolved = new URL(next, 'http://studio.invalid');
  if (resolved.origin !== 'http://studio.invalid') return '/';
  return /^\/(?:sign-in|setup|api)(?:\/|$)/.test(resolved.pathname) ? '/' : `${resolved.pathname}${resolved.search}`;
}
