'use client';

import { ModelSection } from './model-section.tsx';
import { ScoringCodeSection } from './scoring-code-section.tsx';
import { ScoringPackagesSection } from './scoring-packages-section.tsx';
import type { SectionProps } from './use-wizard.ts';

/** Everything about a script of one's own: its code, what it needs, and the model that it uses. */
export function ScoringSections({ wizard }: SectionProps) {
  return (
    <>
      <ScoringCodeSection wizard={wizard} />
      <ScoringPackagesSection wizard={wizard} />
      <ModelSection wizard={wizard} />
    </>
  );
}
