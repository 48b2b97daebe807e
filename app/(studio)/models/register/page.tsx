import type { Metadata } from 'next';
import { Suspense } from 'react';
import { PageHead } from '#components/ui/panel.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { RegisterModel } from './_components/register-model.tsx';

export const metadata: Metadata = { title: 'Register a model' };

export default function RegisterModelPage() {
  return (
    <Suspense
      fallback={
        <>
          <PageHead title="Register a model" />
          <SkeletonRows label="the form" rows={4} />
        </>
      }
    >
      <RegisterModel />
    </Suspense>
  );
}
