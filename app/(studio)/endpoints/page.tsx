import type { Metadata } from 'next';
import { Suspense } from 'react';
import { PageHead } from '#components/ui/panel.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { EndpointList } from './_components/endpoint-list.tsx';

export const metadata: Metadata = { title: 'Endpoints' };

export default function EndpointsPage() {
  return (
    <Suspense
      fallback={
        <>
          <PageHead title="Endpoints" />
          <SkeletonRows label="the endpoints" rows={8} />
        </>
      }
    >
      <EndpointList />
    </Suspense>
  );
}
