/** What came of signing in. `throttled` says how long no attempt is heard. */
export type SignInOutcome =
  | { kind: 'signed-in' }
  | { kind: 'wrong' }
  | { kind: 'throttled'; seconds: number }
  | { kind: 'unavailable' };

/** Signs in with a password through next-auth; its session cookie is set when this answers `signed-in`. */
export async function signInWithPassword(email: string, password: string): Promise<SignInOutcome> {
  try {
    const { csrfToken } = (await (await fetch('/api/auth/csrf', { cache: 'no-store' })).json()) as {
      csrfToken: string;
    };
    const response = await fetch('/api/auth/callback/credentials', {
      method: 'POST',
      body: new URLSearchParams({ csrfToken, email, password, json: 'true' }),
    });
    const { url } = (await response.json()) as { url: string };
    return signInOutcome(response.ok, new URL(url, location.origin).searchParams.get('error'));
  } catch {
    return { kind: 'unavailable' };
  }
}

/** Meaning of next-auth's answer: its error is the text that `authorize` threw. */
export function signInOutcome(ok: boolean, error: string | null): SignInOutcome {
  if (ok && error === null) return { kind: 'signed-in' };
  const throttled = /^throttled:(\d+)$/.exec(error ?? '');
  if (throttled) return { kind: 'throttled', seconds: Number(throttled[1]) };
  return error === 'wrong' || error === 'CredentialsSignin' ? { kind: 'wrong' } : { kind: 'unavailable' };
}
