import { queryOptions } from '@tanstack/react-query';
import type { UploadDetail } from '#lib/contracts/upload.ts';
import { apiPath, fetchJson } from './fetch-json.ts';
import { keys } from './keys.ts';

/** A finished upload with what was found inside. */
export function uploadQuery(id: string) {
  return queryOptions({
    queryKey: keys.uploads.detail(id),
    queryFn: ({ signal }) => fetchJson<UploadDetail>(`${apiPath('uploads', id)}?detect=true`, { signal }),
  });
}
