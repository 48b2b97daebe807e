'use client';

import { useQuery } from '@tanstack/react-query';
import { deploymentsQuery } from '#lib/queries/deployments.ts';
import { useModelSignature } from '../../_components/use-model-signature.ts';

/** The sample request of the model behind a deployment, or behind the one with the largest share, and where it goes. */
export function useSampleRequest(endpoint: string, deployment: string | null): { body: unknown; path: string } {
  const { data: deployments } = useQuery(deploymentsQuery(endpoint));
  const chosen =
    deployments?.find(({ name }) => name === deployment) ??
    deployments?.toSorted((a, b) => b.traffic_percent - a.traffic_percent)[0];
  const { sample, path } = useModelSignature(chosen?.model ?? null);
  return { body: sample, path };
}
