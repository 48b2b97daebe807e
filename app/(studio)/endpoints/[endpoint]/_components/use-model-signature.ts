'use client';

import { useQuery } from '@tanstack/react-query';
import type { TensorSpec } from '#lib/contracts/model.ts';
import { modelVersionQuery } from '#lib/queries/models.ts';

const PLAIN_SAMPLE = { input_data: [[0]] };

/** Inputs and sample of the model that a deployment refers to; a plain body where it tells nothing of itself. */
export function useModelSignature(reference: string | null): {
  inputs: readonly TensorSpec[];
  sample: unknown;
  isPending: boolean;
} {
  const [, model = '', version = ''] = /^azureml:([^:]+):(.+)$/.exec(reference ?? '') ?? [];
  const { data, isPending } = useQuery({ ...modelVersionQuery(model, version), enabled: model !== '' });
  return {
    inputs: data?.detected.inputs ?? [],
    sample: data?.detected.sample_request ?? PLAIN_SAMPLE,
    isPending: isPending && model !== '',
  };
}
