'use client';

import { useQuery } from '@tanstack/react-query';
import type { DetectedModel, ModelFile } from '#lib/contracts/model.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import type { ModelSource } from '#lib/deployment-yaml/model-source.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { modelsQuery, modelVersionQuery, modelVersionsQuery, samplesQuery } from '#lib/queries/models.ts';
import { uploadQuery } from '#lib/queries/uploads.ts';

export interface ModelFacts {
  /** Null while it is not known: nothing is chosen, it is being read, or only registering will tell. */
  detected: DetectedModel | null;
  sizeBytes: number | null;
  files: readonly ModelFile[];
  isLoading: boolean;
  problem: Problem | null;
  retry: () => void;
  /** The version that a bundled sample was registered as before. */
  registeredAs: { name: string; version: string } | null;
}

/** What is known about a chosen model, wherever it comes from. */
export function useModelFacts(source: ModelSource | null): ModelFacts {
  const registered = useRegistered(source?.kind === 'registered' ? source : null);
  const sample = useSample(source?.kind === 'sample' ? source : null);
  const upload = useUploaded(source?.kind === 'upload' && source.id !== '' ? source.id : null);
  if (source?.kind === 'registered') return registered;
  return source?.kind === 'sample' ? sample : upload;
}

function useRegistered(source: { name: string; version: string } | null): ModelFacts {
  const query = useQuery({
    ...modelVersionQuery(source?.name ?? '', source?.version ?? ''),
    enabled: source !== null,
  });
  return { ...factsOf(query.data), ...stateOf(query), registeredAs: null };
}

function useSample(source: { id: string; name: string } | null): ModelFacts {
  const samples = useQuery({ ...samplesQuery(), enabled: source !== null });
  const models = useQuery({ ...modelsQuery(), enabled: source !== null });
  const isRegistered = models.data?.some(({ name }) => name === source?.name) ?? false;
  const versions = useQuery({ ...modelVersionsQuery(source?.name ?? ''), enabled: isRegistered });
  const known = versions.data?.find(({ path }) => path === `sample:${source?.id}`);
  const bundled = samples.data?.flatMap((sample) => sample.versions).find(({ id }) => id === source?.id);
  const facts = known
    ? factsOf(known)
    : { detected: bundled?.detected ?? null, sizeBytes: bundled?.size_bytes ?? null, files: [] };
  return {
    ...facts,
    ...stateOf(samples),
    registeredAs: known ? { name: known.name, version: known.version } : null,
  };
}

function useUploaded(id: string | null): ModelFacts {
  const query = useQuery({ ...uploadQuery(id ?? ''), enabled: id !== null });
  const { data } = query;
  const facts = {
    detected: data?.detected ?? null,
    sizeBytes: data?.size_bytes ?? null,
    files: data?.entries ?? [],
  };
  return { ...facts, ...stateOf(query), registeredAs: null };
}

function factsOf(
  version: { detected: DetectedModel; size_bytes: number; files: ModelFile[] } | undefined,
): Pick<ModelFacts, 'detected' | 'sizeBytes' | 'files'> {
  return {
    detected: version?.detected ?? null,
    sizeBytes: version?.size_bytes ?? null,
    files: version?.files ?? [],
  };
}

function stateOf(query: {
  isLoading: boolean;
  error: Error | null;
  refetch: () => unknown;
}): Pick<ModelFacts, 'isLoading' | 'problem' | 'retry'> {
  return {
    isLoading: query.isLoading,
    problem: query.error ? problemOf(query.error) : null,
    retry: () => void query.refetch(),
  };
}
