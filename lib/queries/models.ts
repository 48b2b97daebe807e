import { queryOptions } from '@tanstack/react-query';
import type { Model, ModelVersion, Sample } from '#lib/contracts/model.ts';
import { API_BASE, apiPath, fetchAll, fetchApi, fetchItems, fetchJson, withSearch } from './fetch-json.ts';
import { keys } from './keys.ts';

export function modelsQuery() {
  return queryOptions({
    queryKey: keys.models.list(),
    queryFn: ({ signal }) => fetchAll<Model>('/models', { signal }),
  });
}

export function modelQuery(model: string) {
  return queryOptions({
    queryKey: keys.models.detail(model),
    queryFn: ({ signal }) => fetchJson<Model>(apiPath('models', model), { signal }),
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

const PREVIEW_BYTES = 256 * 1024;

export function modelFileUrl(model: string, version: string, path: string): string {
  return `${API_BASE}${withSearch(apiPath('models', model, 'versions', version, 'file'), { path })}`;
}

/** The beginning of a file as text; null for one that is none. Files of a version never change. */
export function modelFileQuery(model: string, version: string, path: string) {
  return queryOptions({
    queryKey: keys.models.file(model, version, path),
    queryFn: async ({ signal }) => {
      const address = withSearch(apiPath('models', model, 'versions', version, 'file'), {
        path,
        first_bytes: PREVIEW_BYTES,
      });
      const bytes = new Uint8Array(await (await fetchApi(address, { signal })).arrayBuffer());
      if (bytes.includes(0)) return null;
      return { text: new TextDecoder().decode(bytes), isCut: bytes.length >= PREVIEW_BYTES };
    },
    staleTime: Infinity,
  });
}
