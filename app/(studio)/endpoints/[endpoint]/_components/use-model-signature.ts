'use client';

import { useQuery } from '@tanstack/react-query';
import type { DetectedModel, TensorSpec } from '#lib/contracts/model.ts';
import { modelVersionQuery } from '#lib/queries/models.ts';

const PLAIN_SAMPLE = { input_data: [[0]] };
const SCORE_PATH = '/score';

export interface ModelSignature {
  inputs: readonly TensorSpec[];
  sample: unknown;
  /** Where the sample goes, below the endpoint. */
  path: string;
  /** Names of the models of a repository, each of which is called at a path of its own; empty for one model. */
  models: readonly string[];
  /** The one of them that the rest is about. */
  model: string | null;
  isPending: boolean;
}

/**
 * Inputs and sample of the model that a deployment refers to; a plain body where it tells nothing of itself.
 * @param wanted one model of a repository; the one that callers most likely want where it is left out or not there
 */
export function useModelSignature(reference: string | null, wanted: string | null = null): ModelSignature {
  const [, model = '', version = ''] = /^azureml:([^:]+):(.+)$/.exec(reference ?? '') ?? [];
  const { data, isPending } = useQuery({ ...modelVersionQuery(model, version), enabled: model !== '' });
  return { ...signatureOf(data?.detected, wanted), isPending: isPending && model !== '' };
}

function signatureOf(detected: DetectedModel | undefined, wanted: string | null): Omit<ModelSignature, 'isPending'> {
  const { inputs = [], sample_request: sample, triton } = detected ?? {};
  const path = triton?.sample_path ?? SCORE_PATH;
  const models = triton?.models ?? [];
  const front = models.find(({ name }) => path === inferPath(name))?.name ?? null;
  const shown = { models: models.map(({ name }) => name), inputs, sample: sample ?? PLAIN_SAMPLE, path, model: front };
  const other = models.find(({ name }) => name === wanted);
  if (other === undefined || other.name === front) return shown;
  const { name, sample_request: own } = other;
  return { ...shown, inputs: other.inputs, sample: own ?? PLAIN_SAMPLE, path: inferPath(name), model: name };
}

const inferPath = (name: string): string => `/v2/models/${encodeURIComponent(name)}/infer`;
