import type { Metadata } from 'next';
import { Suspense } from 'react';
import { Overview } from './_components/overview.tsx';
import { OverviewSkeleton } from './_components/overview-skeleton.tsx';

export const metadata: Metadata = { title: 'Overview' };

export default function OverviewPage() {
  return (
    <Suspense fallback={<OverviewSkeleton />}>
      <Overview />
    </Suspense>
  );
}
