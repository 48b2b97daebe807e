'use client';

import { type FormEvent, useState } from 'react';
import type { Problem } from '#lib/contracts/problem.ts';
import { signInWithPassword } from '#lib/queries/sign-in.ts';
import { Button } from '#components/ui/button.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { PasswordField } from '#components/ui/password-field.tsx';
import { TextField } from '#components/ui/text-field.tsx';
import { createAdministrator } from '../actions.ts';
import { SetupSteps } from './setup-steps.tsx';

const MIN_PASSWORD_LENGTH = 12;

export function AccountStep() {
  const [values, setValues] = useState({ code: '', name: '', email: '', password: '' });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const set = (name: keyof typeof values) => (value: string) => setValues((current) => ({ ...current, [name]: value }));
  const fieldError = (name: string) => problem?.errors?.find((error) => error.path === `/${name}`)?.message;
  const wrongCode = problem?.code === 'setup.wrong_code' ? problem.detail : null;
  const short = values.password.length > 0 && values.password.length < MIN_PASSWORD_LENGTH;

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy || short) return;
    setBusy(true);
    const result = await createAdministrator(values);
    if (!result.ok) {
      setProblem(result.problem);
      setBusy(false);
      return;
    }
    const outcome = await signInWithPassword(values.email, values.password);
    location.assign(outcome.kind === 'signed-in' ? '/setup' : '/sign-in?next=/setup');
  }

  return (
    <div className="w-full max-w-190">
      <SetupSteps current={0} />
      <h1>Your account</h1>
      <p className="mb-6 text-muted">This account administers the installation.</p>
      <form
        method="post"
        onSubmit={(event) => void submit(event)}
        className="grid max-w-105 gap-4"
        aria-label="Your account"
      >
        <TextField
          label="Set-up code"
          hint="On the console where Viridian was started, after “one-time set-up code:”"
          error={wrongCode ?? fieldError('code')}
          mono
          size="lg"
          autoComplete="one-time-code"
          autoFocus
          isRequired
          value={values.code}
          onChange={set('code')}
        />
        <TextField
          label="Name"
          error={fieldError('name')}
          size="lg"
          autoComplete="name"
          isRequired
          value={values.name}
          onChange={set('name')}
        />
        <TextField
          label="E-mail"
          type="email"
          error={fieldError('email')}
          size="lg"
          autoComplete="username"
          isRequired
          value={values.email}
          onChange={set('email')}
        />
        <PasswordField
          label="Password"
          hint={
            short
              ? `${MIN_PASSWORD_LENGTH - values.password.length} characters more`
              : `At least ${MIN_PASSWORD_LENGTH} characters; length is all that counts`
          }
          error={fieldError('password')}
          size="lg"
          autoComplete="new-password"
          minLength={MIN_PASSWORD_LENGTH}
          isRequired
          value={values.password}
          onChange={set('password')}
        />
        {problem && !wrongCode && !problem.errors?.length ? <ErrorState problem={problem} /> : null}
        <div>
          <Button type="submit" variant="primary" size="lg" busy={busy}>
            Create account
          </Button>
        </div>
      </form>
    </div>
  );
}
