import { z } from 'zod';
import { AppError } from '#server/kernel/app-error.ts';
import { askJson } from './read-answer.ts';
import type { RemoteHttp, RemoteRequest } from './remote-http.ts';
import type { RemoteFile, RemotePlan } from './remote-plan.ts';
import type { RemoteModelsSettings } from './remote-settings.ts';
import { safeSegments } from './safe-segments.ts';

const HINT =
  'Private and gated repositories need VIRIDIAN_HF_TOKEN, of an account that has accepted the terms of the repository.';
const MAX_PAGES = 20;

const revisionSchema = z.object({ sha: z.string().regex(/^[0-9a-f]{40,64}$/) });
const treeSchema = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: z.number().int().nonnegative(),
    lfs: z.object({ oid: z.string(), size: z.number().int().nonnegative() }).optional(),
  }),
);

/** Housekeeping of the hub, which no model reads. */
const LEFT_OUT = new Set(['.gitattributes', '.gitignore']);

/**
 * A repository of the Hugging Face hub at one commit: the revision is resolved first, so that a push in between mixes nothing. Its files keep
 * their paths, as everything that loads such a repository expects.
 * Routes as in the hub's API: `/api/models/<repo>/revision/<rev>`, `…/tree/<rev>`, `/<repo>/resolve/<rev>/<path>`.
 */
export async function planHub(
  { repository, revision }: { repository: string; revision: string },
  settings: RemoteModelsSettings,
  http: RemoteHttp,
  signal: AbortSignal,
): Promise<RemotePlan> {
  const { VIRIDIAN_HF_ENDPOINT: endpoint, VIRIDIAN_HF_TOKEN: token } = settings;
  const secretHeaders = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const requestOf = (path: string): RemoteRequest => ({ url: new URL(`${endpoint}${path}`), secretHeaders });
  const base = `/api/models/${repository}`;
  const found = requestOf(`${base}/revision/${encodeURIComponent(revision)}`);
  const { sha } = (await askJson(http, { request: found, schema: revisionSchema, hint: HINT }, signal)).body;
  const listed = await listTree(requestOf(`${base}/tree/${sha}?recursive=true&expand=false`), http, signal);
  const files = listed
    .filter(({ type, path }) => type === 'file' && !LEFT_OUT.has(path))
    .map(({ path, size, lfs }): RemoteFile => ({
      segments: safeSegments(path),
      sizeBytes: lfs?.size ?? size,
      sha256: lfs !== undefined && /^[0-9a-f]{64}$/.test(lfs.oid) ? lfs.oid : null,
      request: async () =>
        requestOf(`/${repository}/resolve/${sha}/${path.split('/').map(encodeURIComponent).join('/')}`),
      hint: HINT,
    }));
  if (files.length === 0) throw new AppError('model.source_not_found', `${repository} holds no files at ${revision}.`);
  return { kind: 'files', unpack: false, files };
}

/** Follows the pages that the hub names in its Link header (RFC 8288). */
async function listTree(
  first: RemoteRequest,
  http: RemoteHttp,
  signal: AbortSignal,
): Promise<z.infer<typeof treeSchema>> {
  const entries: z.infer<typeof treeSchema> = [];
  let request = first;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { body, answer } = await askJson(http, { request, schema: treeSchema, hint: HINT }, signal);
    entries.push(...body);
    const [, next] = /<([^>]+)>\s*;\s*rel="next"/.exec(String(answer.headers.link ?? '')) ?? [];
    if (next === undefined || !URL.canParse(next, answer.url)) return entries;
    const url = new URL(next, answer.url);
    request = url.origin === first.url.origin ? { ...first, url } : { url };
  }
  throw new AppError('request.too_large', `The repository has more than ${MAX_PAGES} pages of files.`);
}
