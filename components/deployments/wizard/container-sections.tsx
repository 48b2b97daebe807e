'use client';

import dynamic from 'next/dynamic';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { ModelSection } from './model-section.tsx';
import type { SectionProps } from './use-wizard.ts';

/** Whoever deploys a model does without what asks for containers. */
const ContainerSection = dynamic(() => import('./container-section.tsx').then((module) => module.ContainerSection), {
  ssr: false,
  loading: () => <Skeleton className="mb-7 h-60 w-full" />,
});
const loadRoutes = () => import('./container-routes-section.tsx');
const ContainerRoutesSection = dynamic(() => loadRoutes().then((module) => module.ContainerRoutesSection), {
  ssr: false,
  loading: () => <Skeleton className="mb-7 h-60 w-full" />,
});
const ContainerProgramSection = dynamic(() => loadRoutes().then((module) => module.ContainerProgramSection), {
  ssr: false,
  loading: () => <Skeleton className="mb-7 h-60 w-full" />,
});

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
