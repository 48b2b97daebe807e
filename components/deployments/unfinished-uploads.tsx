'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { usePreferences } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import type { Upload } from '#lib/contracts/upload.ts';
import { formatBytes } from '#lib/format/bytes.ts';
import { figureText } from '#lib/format/figure.ts';
import { apiPath, fetchApi, fetchJson } from '#lib/queries/fetch-json.ts';
import { remembersUploads } from '#lib/uploads/remembers-uploads.ts';
import type { UnfinishedUpload } from '#lib/uploads/upload-client.ts';

interface Remembered extends UnfinishedUpload {
  receivedBytes: number;
}

const QUERY_KEY = ['uploads', 'unfinished'];

/** What this browser remembers and the server still has; what has expired or arrived is forgotten. */
async function loadUnfinished(): Promise<Remembered[]> {
  if (!remembersUploads()) return [];
  const { listUnfinishedUploads } = await import('#lib/uploads/upload-client.ts');
  const known = await listUnfinishedUploads();
  const checked = await Promise.all(
    known.map(async (upload) => {
      const state = await fetchJson<Upload>(apiPath('uploads', upload.id)).catch(() => null);
      if (state?.state === 'receiving') return { ...upload, receivedBytes: state.received_bytes };
      await upload.forget();
      return null;
    }),
  );
  return checked.filter((upload) => upload !== null);
}

/** Uploads that were broken off: the files have to be picked again, the bytes that arrived need not travel again. */
export function UnfinishedUploads({ onDiscard }: { onDiscard: () => void }) {
  const client = useQueryClient();
  const { locale } = usePreferences();
  const { data: uploads = [] } = useQuery({ queryKey: QUERY_KEY, queryFn: loadUnfinished, staleTime: 0 });
  if (uploads.length === 0) return null;

  async function discard(upload: Remembered): Promise<void> {
    await fetchApi(apiPath('uploads', upload.id), { method: 'DELETE' }).catch(() => undefined);
    await upload.forget();
    await client.invalidateQueries({ queryKey: QUERY_KEY });
    onDiscard();
  }

  const bytes = (value: number): string => figureText(formatBytes(value, locale));
  return (
    <section aria-labelledby="unfinished-uploads">
      <h3 id="unfinished-uploads" className="text-xs text-muted">
        Broken off before. Choose the same files again and they go on where they stopped.
      </h3>
      <ul>
        {uploads.map((upload) => (
          <li key={upload.id} className="flex min-h-10 items-center gap-3 border-b border-line">
            <span className="min-w-0 flex-1 truncate font-medium">{upload.filename}</span>
            <span className="text-xs text-muted">
              {bytes(upload.receivedBytes)} of {bytes(upload.sizeBytes)}
            </span>
            <Button size="sm" variant="quiet" onPress={() => void discard(upload)}>
              Discard<span className="sr-only"> {upload.filename}</span>
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
