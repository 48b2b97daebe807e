'use client';

import { useQuery } from '@tanstack/react-query';
import { deploymentsQuery } from '#lib/queries/deployments.ts';
import { modelVersionQuery } from '#lib/queries/models.ts';

/** What to send where a model tells nothing about itself. */
const PLAIN_SAMPLE = { input_data: [[0]] };

/** The sample request of the model behind a deployment, or behind the one with the largest share. */
export function useSampleRequest(endpoint: string, deployment: string | null): unknown {
  const { data: deployments } = useQuery(deploymentsQuery(endpoint));
  const chosen =
    deployments?.find(({ name }) => name === deployment) ??
    deployments?.toSorted((a, b) => b.traffic_percent - a.traffic_percent)[0];
  const [, model = '', version = ''] = /^azureml:([^:]+):(.+)$/.exec(chosen?.model ?? '') ?? [];
  const { data } = useQuery({ ...modelVersionQuery(model, version), enabled: model !== '' });
  return data?.detected.sample_request ?? PLAIN_SAMPLE;
}
