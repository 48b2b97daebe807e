import type { Metadata } from 'next';
import { Suspense } from 'react';
import { PageHead } from '#components/ui/panel.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { ModelList } from './_components/model-list.tsx';

export const metadata: Metadata = { title: 'Models' };

export default function ModelsPage() {
  return (
    <Suspense
      fallback={
        <>
          <PageHead title="Models" />
          <SkeletonRows label="the models" rows={6} />
        </>
      }
    >
      <ModelList />
    </Suspense>
  );
}
