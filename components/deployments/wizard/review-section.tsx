'use client';

import dynamic from 'next/dynamic';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { type ChosenDraft, forReading } from '#lib/deployment-yaml/draft-requests.ts';
import type { SectionProps } from './use-wizard.ts';
import { WizardSection } from './wizard-section.tsx';

const ReviewTexts = dynamic(() => import('./review-texts.tsx').then((module) => module.ReviewTexts), {
  ssr: false,
  loading: () => <Skeleton className="h-60 w-full" />,
});

/** The same in words that files and shells take. */
export function ReviewSection({ wizard }: SectionProps) {
  const { draft } = wizard;
  return (
    <WizardSection
      id="review"
      title="Review"
      lead="The YAML and the calls that say the same as this page: keep them, or run them from elsewhere."
    >
      {draft.model === null ? (
        <p className="text-muted">Choose a model first.</p>
      ) : (
        <ReviewTexts draft={forReading(draft as ChosenDraft)} />
      )}
    </WizardSection>
  );
}
