import { queryOptions } from '@tanstack/react-query';
import type { Model, ModelVersion, Sample } from '#lib/contracts/model.ts';
import { apiPath, fetchAll, fetchItems, fetchJson } from './fetch-json.ts';
import { keys } from './keys.ts';

export function modelsQuery() {
  return queryOptions({
    queryKey: keys.models.list(),
    queryFn: ({ signal }) => fetchAll<Model>('/models', { signal }),
  });
}

export function modelVersionsQuery(model: string) {
  return queryOptions({
    queryKey: keys.models.versions(model),
    queryFn: ({ signal }) => fetchAll<ModelVersion>(apiPath('models', model, 'versions'), { signal }),
  });
}

export function modelVersionQuery(model: string, version: string) {
  return queryOptions({
    queryKey: keys.models.version(model, version),
    queryFn: ({ signal }) => fetchJson<ModelVersion>(apiPath('models', model, 'versions', version), { signal }),
  });
}

/** Bundled models. They never change while the studio runs. */
export function samplesQuery() {
  return queryOptions({
    queryKey: keys.models.samples(),
    queryFn: ({ signal }) => fetchItems<Sample>('/samples', { signal }),
    staleTime: Infinity,
  });
}
