'use client';

import { useQuery } from '@tanstack/react-query';
import { ErrorState } from '#components/ui/error-state.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { problemOf } from '#lib/queries/api-problem.ts';
import { endpointQuery } from '#lib/queries/endpoints.ts';
import { DangerSettings } from './danger-settings.tsx';
import { GeneralSettings } from './general-settings.tsx';

export function EndpointSettings({ name }: { name: string }) {
  const { data: endpoint, error, refetch } = useQuery(endpointQuery(name));
  if (error && endpoint === undefined) {
    return (
      <ErrorState problem={problemOf(error)} title="The settings could not be read" onRetry={() => void refetch()} />
    );
  }
  if (endpoint === undefined) return <SkeletonRows label="the settings" rows={6} />;
  return (
    <div className="grid max-w-180 gap-10">
      <GeneralSettings key={endpoint.revision} endpoint={endpoint} />
      <DangerSettings endpoint={endpoint} />
    </div>
  );
}
