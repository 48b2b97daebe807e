'use client';

import { ContainerProgramSection, ContainerRoutesSection } from './container-routes-section.tsx';
import { ContainerSection } from './container-section.tsx';
import { ModelSection } from './model-section.tsx';
import type { SectionProps } from './use-wizard.ts';

/** Everything about a container that somebody brings. */
export function ContainerSections({ wizard }: SectionProps) {
  return (
    <>
      <ContainerSection wizard={wizard} />
      <ContainerRoutesSection wizard={wizard} />
      <ContainerProgramSection wizard={wizard} />
      <ModelSection wizard={wizard} />
    </>
  );
}
