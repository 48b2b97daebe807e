import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { AuthFrame } from '#components/layout/auth-frame.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import type { Info } from '#lib/contracts/info.ts';
import { callControlPlane } from '#server/studio/control-plane-client.ts';
import { readNeedsSetup } from '#server/studio/first-run.ts';
import { readSession } from '#server/studio/session.ts';
import { AccountStep } from './_components/account-step.tsx';
import { HostStep } from './_components/host-step.tsx';

export const metadata: Metadata = { title: 'Set up' };

/** First run: the one-time code and the administrator's account, then what this host can run, then the first model. */
export default async function SetupPage() {
  const needsSetup = await readNeedsSetup();
  if (!needsSetup.ok) {
    return (
      <AuthFrame needle={2} footer="Viridian" align="top">
        <ErrorState problem={needsSetup.problem} className="mt-10 w-full max-w-190" />
      </AuthFrame>
    );
  }
  if (needsSetup.data) {
    return (
      <AuthFrame needle={33} footer="Viridian" footerEnd="Step 1 of 3" align="top">
        <AccountStep />
      </AuthFrame>
    );
  }
  const user = await readSession();
  if (!user) redirect('/sign-in?next=/');
  const info = await callControlPlane<Info>('/info', { userId: user.id });
  return (
    <AuthFrame
      needle={66}
      footer={info.ok ? `Viridian ${info.data.version}` : 'Viridian'}
      footerEnd="Step 2 of 3"
      align="top"
    >
      {info.ok ? (
        <HostStep info={info.data} />
      ) : (
        <ErrorState problem={info.problem} className="mt-10 w-full max-w-190" />
      )}
    </AuthFrame>
  );
}
