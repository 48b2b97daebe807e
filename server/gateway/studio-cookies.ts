/** Cookies of the studio: on a host name that studio and gateway share, browsers send them to models too. */
const STUDIO_COOKIE = /^(?:__Secure-|__Host-)?(?:next-auth|viridian)[._-]/i;

/** Whether a field value may hold a studio cookie, so that it needs a closer look. */
export function mayHoldStudioCookie(value: Buffer): boolean {
  const text = value.toString('latin1').toLowerCase();
  return text.includes('next-auth') || text.includes('viridian');
}

/** A Cookie value without the studio's cookies; '' when nothing is left. */
export function withoutStudioCookies(cookie: string): string {
  return cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '' && !STUDIO_COOKIE.test(pair))
    .join('; ');
}

/** Whether a Set-Cookie value sets a cookie of the studio. */
export function setsStudioCookie(setCookie: string): boolean {
  return STUDIO_COOKIE.test(setCookie.trim());
}
