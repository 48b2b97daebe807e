import { type NextRequest, NextResponse } from 'next/server';
import { NONCE_HEADER, REQUESTED_PATH_HEADER } from '#server/studio/page-headers.ts';

/**
 * Gives every page a Content-Security-Policy with a fresh nonce; Next reads the nonce from the request's copy of the header and puts it on
 * its scripts. It also notes the requested path, which layouts cannot see, for the way back after signing in. It does nothing else: no session,
 * no redirect. Authorization happens where things are read and changed. The matcher keeps it
 * away from `/api`, because a request that passes here has its body held back and cut at 10 MiB.
 */
export function proxy(request: NextRequest): NextResponse {
  const nonce = btoa(crypto.randomUUID());
  const policy = contentSecurityPolicy(nonce);
  const headers = new Headers(request.headers);
  headers.set('content-security-policy', policy);
  headers.set(NONCE_HEADER, nonce);
  headers.set(REQUESTED_PATH_HEADER, `${request.nextUrl.pathname}${request.nextUrl.search}`);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  return response;
}

/** `style-src-attr` is open because React writes the widths of bars as style attributes; style elements and scripts are not. */
function contentSecurityPolicy(nonce: string): string {
  const development = process.env.NODE_ENV === 'development';
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ''}`,
    `style-src-elem 'self' ${development ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

export const config = {
  matcher: [
    {
      source: '/((?!api/|_next/|favicon\\.ico|icon\\.svg).*)',
      missing: [
        { type: 'header', key: 'next-action' },
        { type: 'header', key: 'rsc' },
      ],
    },
  ],
};
