import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { getServerSession, type NextAuthOptions } from 'next-auth';
import CredentialsProvider from 'next-auth/providers/credentials';
import { cache } from 'react';
import type { User } from '#lib/contracts/identity.ts';
import { callControlPlane } from './control-plane-client.ts';
import { isSecureRequest, type RequestOrigin } from './request-origin.ts';
import { loadStudioConfig } from './studio-config.ts';

/** Who is signed in. The role is not part of it: the control plane looks it up for every call. */
export interface SessionUser {
  id: string;
  email: string;
  name: string;
}

const SESSION_SECONDS = 8 * 3_600;
/** A session in use is renewed, and its user looked up again, this long after the last time. */
const RENEW_AFTER_SECONDS = 15 * 60;

/** Error texts that cross next-auth, which knows only strings. `throttled:37` carries the seconds to wait. */
const REFUSALS = { wrong: 'wrong', throttled: 'throttled', unavailable: 'unavailable' } as const;

function sessionCookieName(secure: boolean): string {
  return secure ? '__Host-viridian.session' : 'viridian.session';
}

/** Options of next-auth for one request: cookies are `Secure` whenever the browser came over TLS. */
export function authOptions(request: Pick<RequestOrigin, 'header'>): NextAuthOptions {
  const secure = isSecureRequest(request);
  const cookie = { httpOnly: true, sameSite: 'lax', path: '/', secure } as const;
  const address = browserAddress(request);
  return {
    secret: loadStudioConfig().sessionSecret,
    session: { strategy: 'jwt', maxAge: SESSION_SECONDS, updateAge: RENEW_AFTER_SECONDS },
    useSecureCookies: secure,
    cookies: {
      sessionToken: { name: sessionCookieName(secure), options: cookie },
      csrfToken: { name: secure ? '__Host-viridian.csrf' : 'viridian.csrf', options: cookie },
      callbackUrl: { name: secure ? '__Host-viridian.callback' : 'viridian.callback', options: cookie },
    },
    pages: { signIn: '/sign-in', error: '/sign-in' },
    logger: {
      error: (code, detail) => console.error(`Signing in failed: ${code}.`, detail),
      warn: () => {},
      debug: () => {},
    },
    providers: [
      CredentialsProvider({
        id: 'credentials',
        name: 'Password',
        credentials: { email: { type: 'email' }, password: { type: 'password' } },
        authorize: (given) => authorize({ email: given?.email ?? '', password: given?.password ?? '', address }),
      }),
    ],
    callbacks: {
      jwt: async ({ token, user }) => {
        if (user) return { sub: user.id, email: user.email ?? null, name: user.name ?? null, checked_at: now() };
        if (now() - Number(token.checked_at ?? 0) < RENEW_AFTER_SECONDS) return token;
        const known = await callControlPlane('/info', { userId: token.sub ?? '' });
        // Only a refusal ends the session; a control plane that restarts does not sign anybody out.
        if (!known.ok && known.problem.status === 401) throw new Error('The user of this session is gone.');
        return { ...token, checked_at: now() };
      },
      session: ({ session, token }) => ({
        ...session,
        user: { id: token.sub ?? '', email: token.email ?? '', name: token.name ?? '' },
      }),
    },
  };
}

/**
 * Address that failed attempts are counted for. The last one listed comes from the nearest hop; what stands before it anybody can write. It
 * is only half of the throttle: attempts are counted for the account too.
 */
function browserAddress(request: Pick<RequestOrigin, 'header'>): string {
  const nearest = request.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
  return nearest === '' ? '127.0.0.1' : nearest.slice(0, 64);
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

async function authorize(given: { email: string; password: string; address: string }) {
  const answer = await callControlPlane<{ user: User }>('/internal/sign-in', { method: 'POST', body: given });
  if (answer.ok) {
    const { id, email, name } = answer.data.user;
    return { id, email, name };
  }
  if (answer.problem.status === 429) throw new Error(`${REFUSALS.throttled}:${answer.retryAfterSeconds ?? 60}`);
  if (answer.problem.status === 401 || answer.problem.status === 422) throw new Error(REFUSALS.wrong);
  throw new Error(REFUSALS.unavailable);
}

/** The signed-in user of this request, or null. Read once per request. */
export const readSession = cache(async (): Promise<SessionUser | null> => {
  const given = await headers();
  const session = await getServerSession(authOptions({ header: (name) => given.get(name) }));
  const user = session?.user as SessionUser | undefined;
  return user?.id ? user : null;
});

/** Whether the control plane still knows the user. A session can outlive its user; whoever shows pages for one finds out by being refused. */
export async function isKnownUser(user: SessionUser): Promise<boolean> {
  return (await callControlPlane('/info', { userId: user.id })).ok;
}

/** For pages: the signed-in user, or the sign-in page. */
export async function requireSession(next = '/'): Promise<SessionUser> {
  const user = await readSession();
  if (user) return user;
  redirect(`/sign-in?next=${encodeURIComponent(next)}`);
}

/** Forgets the session in this browser. */
export async function endSession(): Promise<void> {
  const given = await headers();
  const jar = await cookies();
  jar.delete({ name: sessionCookieName(isSecureRequest({ header: (name) => given.get(name) })), path: '/' });
}
