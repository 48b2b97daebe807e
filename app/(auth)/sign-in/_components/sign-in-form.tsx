'use client';

import { type FormEvent, useEffect, useState } from 'react';
import { formatElapsed } from '#lib/format/duration.ts';
import { type SignInOutcome, signInWithPassword } from '#lib/queries/sign-in.ts';
import { Button } from '#components/ui/button.tsx';
import { Note } from '#components/ui/note.tsx';
import { PasswordField } from '#components/ui/password-field.tsx';
import { TextField } from '#components/ui/text-field.tsx';

export function SignInForm({ next }: { next: string }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<SignInOutcome | null>(null);
  const [until, setUntil] = useState(0);
  const wait = useCountdown(until);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy || wait > 0) return;
    setBusy(true);
    const answer = await signInWithPassword(email, password);
    // A whole page load: everything behind the sign-in is rendered for the new session.
    if (answer.kind === 'signed-in') return location.assign(next);
    setBusy(false);
    setOutcome(answer);
    setUntil(answer.kind === 'throttled' ? Date.now() + answer.seconds * 1000 : 0);
  }

  return (
    <form method="post" onSubmit={(event) => void submit(event)} className="grid gap-4" aria-label="Sign in">
      <TextField
        label="E-mail"
        type="email"
        name="email"
        size="lg"
        autoComplete="username"
        autoFocus
        isRequired
        value={email}
        onChange={setEmail}
      />
      <PasswordField
        label="Password"
        name="password"
        size="lg"
        autoComplete="current-password"
        isRequired
        value={password}
        onChange={setPassword}
      />
      <SignInRefusal outcome={outcome} wait={wait} />
      <Button type="submit" variant="primary" size="lg" fullWidth busy={busy} isDisabled={wait > 0}>
        Sign in
      </Button>
    </form>
  );
}

function SignInRefusal({ outcome, wait }: { outcome: SignInOutcome | null; wait: number }) {
  if (outcome?.kind === 'wrong') {
    return (
      <Note tone="danger" role="alert">
        E-mail and password do not belong together. Check both; capitals count in the password.
      </Note>
    );
  }
  if (outcome?.kind === 'unavailable') {
    return (
      <Note tone="danger" role="alert">
        The control plane does not answer, so nobody can be signed in. Predictions go on. Try again in a few seconds.
      </Note>
    );
  }
  if (outcome?.kind === 'throttled') {
    return (
      <Note tone="warning" role="alert">
        {wait > 0 ? (
          <>
            Too many attempts. The next one is heard in <b className="font-medium">{formatElapsed(wait * 1000)}</b>.
          </>
        ) : (
          'The next attempt is heard now.'
        )}
      </Note>
    );
  }
  return null;
}

/** Seconds left until an instant in epoch milliseconds. */
function useCountdown(until: number): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (until === 0) return;
    const tick = () => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    const first = setTimeout(tick);
    const timer = setInterval(tick, 500);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
      setLeft(0);
    };
  }, [until]);
  return left;
}
