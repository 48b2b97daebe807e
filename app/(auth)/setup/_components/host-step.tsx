'use client';

import { Check, Minus } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useTransition } from 'react';
import { FIRST_SAMPLE_HREF } from '#components/endpoints/first-sample.ts';
import { usePreferences } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import type { Info } from '#lib/contracts/info.ts';
import { hostChecks } from './host-checks.ts';
import { SetupSteps } from './setup-steps.tsx';

/** What this host can run, with the reason and the fix for what it cannot, and the way to a first model. */
export function HostStep({ info }: { info: Info }) {
  const router = useRouter();
  const { locale } = usePreferences();
  const [isChecking, startChecking] = useTransition();
  return (
    <div className="w-full max-w-190">
      <SetupSteps current={1} />
      <h1>What this host can run</h1>
      <p className="mb-5 text-muted">Nothing here stops you; what is missing limits what can be deployed.</p>
      <ul className="border-t border-line">
        {hostChecks(info, locale).map((check) => (
          <li
            key={check.name}
            className="grid min-h-14 grid-cols-[16px_minmax(0,1fr)_auto] items-center gap-x-3.5 border-b border-line py-2"
          >
            {check.present ? (
              <Check size={16} className="text-success" aria-hidden="true" />
            ) : (
              <Minus size={16} className="text-faint" aria-hidden="true" />
            )}
            <span className="min-w-0">
              <span className="block font-medium">
                {check.name}
                <span className="sr-only">{check.present ? ', present' : ', absent'}</span>
              </span>
              <span className="block text-xs text-muted">{check.meaning}</span>
              {check.fix ? <span className="block text-xs text-muted">{check.fix}</span> : null}
            </span>
            <span className="ps-4 text-end text-muted">{check.found}</span>
          </li>
        ))}
      </ul>
      <div className="mt-6 flex flex-wrap gap-2">
        <ButtonLink href={FIRST_SAMPLE_HREF} variant="primary" size="lg">
          Deploy the sample model
        </ButtonLink>
        <ButtonLink href="/" variant="quiet" size="lg">
          Skip to the studio
        </ButtonLink>
        <span className="flex-1" />
        <Button variant="quiet" size="lg" busy={isChecking} onPress={() => startChecking(() => router.refresh())}>
          Check again
        </Button>
      </div>
    </div>
  );
}
