'use client';

import dynamic from 'next/dynamic';
import { useEffect, useRef, useState } from 'react';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { forReading, isChosen } from '#lib/deployment-yaml/draft-requests.ts';
import { ContainerNotes } from './container-notes.tsx';
import type { SectionProps } from './use-wizard.ts';
import { WizardSection } from './wizard-section.tsx';

const ReviewTexts = dynamic(() => import('./review-texts.tsx').then((module) => module.ReviewTexts), {
  ssr: false,
  loading: () => <Skeleton className="h-60 w-full" />,
});

/** The same in words that files and shells take; written out when somebody comes near it. */
export function ReviewSection({ wizard }: SectionProps) {
  const { draft } = wizard;
  const { ref, isNear } = useNearView();
  return (
    <WizardSection
      id="review"
      title="Review"
      lead="The YAML and the calls that say the same as this page: keep them, or run them from elsewhere."
    >
      {wizard.form.method === 'container' ? <ContainerNotes wizard={wizard} /> : null}
      <div ref={ref}>
        {!isChosen(draft) ? (
          <p className="text-muted">Choose a model first.</p>
        ) : isNear ? (
          <ReviewTexts draft={forReading(draft)} />
        ) : (
          <Skeleton className="h-60 w-full" />
        )}
      </div>
    </WizardSection>
  );
}

/** True from the moment on at which the element is in view, or less than a screen below it. */
function useNearView() {
  const ref = useRef<HTMLDivElement>(null);
  const [isNear, setIsNear] = useState(false);
  useEffect(() => {
    if (isNear || !ref.current) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && setIsNear(true),
      { rootMargin: '0px 0px 50% 0px' },
    );
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [isNear]);
  return { ref, isNear };
}
