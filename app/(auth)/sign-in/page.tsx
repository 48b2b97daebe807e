import type { Metadata } from 'next';
import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { AuthFrame } from '#components/layout/auth-frame.tsx';
import { Note } from '#components/ui/note.tsx';
import { readNeedsSetup } from '#server/studio/first-run.ts';
import { requestHost, safeNextPath } from '#server/studio/request-origin.ts';
import { isKnownUser, readSession } from '#server/studio/session.ts';
import { SignInForm } from './_components/sign-in-form.tsx';

export const metadata: Metadata = { title: 'Sign in' };

export interface SignInPageProps {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function SignInPage({ searchParams }: SignInPageProps) {
  const { next: given } = await searchParams;
  const next = safeNextPath(typeof given === 'string' ? given : null);
  const [needsSetup, user, asked] = await Promise.all([readNeedsSetup(), readSession(), headers()]);
  if (needsSetup.ok && needsSetup.data) redirect('/setup');
  // A session whose user is gone must not be sent back to the page that has just refused it.
  if (user && (await isKnownUser(user))) redirect(next);
  const host = requestHost({ header: (name) => asked.get(name) });
  return (
    <AuthFrame needle={90} footer="Viridian, runs on your own machine" footerEnd="English">
      <div className="w-full max-w-85">
        <h1 className="mb-0.5">Sign in</h1>
        <p className="mb-4 text-muted">to {host}</p>
        {needsSetup.ok ? null : (
          <Note tone="danger" role="alert" className="mb-4">
            <b className="font-medium">{needsSetup.problem.title}.</b> {needsSetup.problem.detail}
          </Note>
        )}
        <SignInForm next={next} />
      </div>
    </AuthFrame>
  );
}
