import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AppError } from '#server/kernel/app-error.ts';
import type { ModelSource } from '../model-source.ts';
import { planS3 } from './plan-s3.ts';
import { askJson } from './read-answer.ts';
import { parseRemoteAddress, type RemoteAddress } from './remote-address.ts';
import type { RemoteHttp, RemoteRequest } from './remote-http.ts';
import type { RemoteFile, RemotePlan } from './remote-plan.ts';
import type { RemoteModelsSettings } from './remote-settings.ts';
import { safeSegments } from './safe-segments.ts';

export type MlflowAddress = Extract<RemoteAddress, { kind: `mlflow_${string}` }>;

const HINT =
  'Check VIRIDIAN_MLFLOW_TRACKING_TOKEN, or VIRIDIAN_MLFLOW_TRACKING_USERNAME and VIRIDIAN_MLFLOW_TRACKING_PASSWORD.';
const API = '/api/2.0/mlflow';
const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts';
const MAX_DEPTH = 32;
const MAX_FILES = 10_000;

const modelVersionSchema = z.object({
  model_version: z.object({ version: z.coerce.string(), source: z.string(), run_id: z.string().nullish() }),
});
const latestSchema = z.object({
  model_versions: z.array(modelVersionSchema.shape.model_version).optional().default([]),
});
const loggedModelSchema = z.object({
  model: z.object({ info: z.object({ name: z.string().optional(), artifact_uri: z.string() }) }),
});
const runSchema = z.object({
  run: z.object({
    info: z.object({ artifact_uri: z.string() }),
    outputs: z.object({ model_outputs: z.array(z.object({ model_id: z.string() })).optional() }).optional(),
  }),
});
const listingSchema = z.object({
  files: z
    .array(z.object({ path: z.string(), is_dir: z.boolean().optional(), file_size: z.coerce.number().optional() }))
    .optional()
    .default([]),
});

export interface MlflowOptions {
  settings: RemoteModelsSettings;
  http: RemoteHttp;
  /** Opens `file:` paths under the rules for them. */
  openLocal: (path: string) => Promise<ModelSource>;
}

/** What a tracking server names: its own artifacts through its proxy, or where they lie without one. */
export async function planMlflow(
  address: MlflowAddress,
  options: MlflowOptions,
  signal: AbortSignal,
): Promise<RemotePlan> {
  const server = connect(options, signal);
  if (address.kind === 'mlflow_run') return planRun(address, server, options, signal);
  const { uri, folder } =
    address.kind === 'mlflow_logged_model'
      ? { uri: `models:/${address.modelId}`, folder: address.modelId }
      : { uri: await server.sourceOf(address), folder: address.name };
  return planUri(await server.resolve(uri), folder, server, options, signal);
}

interface Server {
  origin: string;
  requestOf(path: string): RemoteRequest;
  ask<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>>;
  /** Where a registered version came from, as the server stores it. */
  sourceOf(address: Extract<MlflowAddress, { kind: 'mlflow_model' }>): Promise<string>;
  /** Where the files of a source lie: models of MLflow 3 are looked up once more. */
  resolve(uri: string): Promise<string>;
}

/** @throws AppError model.path_not_allowed where no server is set up */
export function requireTrackingServer({ VIRIDIAN_MLFLOW_TRACKING_URI: origin }: RemoteModelsSettings): string {
  if (origin !== undefined) return origin;
  throw new AppError(
    'model.path_not_allowed',
    'There is no MLflow server to look it up in. The operator names it in VIRIDIAN_MLFLOW_TRACKING_URI.',
  );
}

function connect({ settings, http }: MlflowOptions, signal: AbortSignal): Server {
  const origin = requireTrackingServer(settings);
  const secretHeaders = authorization(settings);
  const requestOf = (path: string): RemoteRequest => ({ url: new URL(`${origin}${path}`), secretHeaders });
  const ask = async <Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> =>
    (await askJson(http, { request: requestOf(path), schema, hint: HINT }, signal)).body;
  return {
    origin,
    requestOf,
    ask,
    async sourceOf({ name, by, value }) {
      const query = new URLSearchParams({ name });
      if (by === 'alias') query.set('alias', value);
      if (by === 'version') query.set('version', value);
      if (by === 'stage') return latestSource(name, value, ask);
      const path = by === 'alias' ? 'registered-models/alias' : 'model-versions/get';
      return (await ask(`${API}/${path}?${query}`, modelVersionSchema)).model_version.source;
    },
    async resolve(uri) {
      const [, modelId] = /^models:\/+(m-[0-9a-z]+)\/?$/i.exec(uri) ?? [];
      if (modelId === undefined) return uri;
      const found = await ask(`${API}/logged-models/${encodeURIComponent(modelId)}`, loggedModelSchema);
      return found.model.info.artifact_uri;
    },
  };
}

/** The newest version of a stage; `latest` is the newest of all, as in MLflow's own addresses. */
async function latestSource(name: string, stage: string, ask: Server['ask']): Promise<string> {
  const query = new URLSearchParams({ name });
  if (stage.toLowerCase() !== 'latest') query.set('stages', stage);
  const { model_versions: versions } = await ask(`${API}/registered-models/get-latest-versions?${query}`, latestSchema);
  const newest = versions.toSorted((a, b) => Number(b.version) - Number(a.version))[0];
  if (newest !== undefined) return newest.source;
  throw new AppError(
    'model.source_not_found',
    `The MLflow server has no version of ${JSON.stringify(name)} in ${JSON.stringify(stage)}.`,
  );
}

function authorization(settings: RemoteModelsSettings): Record<string, string> {
  const { VIRIDIAN_MLFLOW_TRACKING_TOKEN: token, VIRIDIAN_MLFLOW_TRACKING_USERNAME: user } = settings;
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  if (user === undefined) return {};
  const pair = `${user}:${settings.VIRIDIAN_MLFLOW_TRACKING_PASSWORD ?? ''}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A model that was logged to a run lies below the run's artifacts, or, since MLflow 3, in a place of its own that the run names. */
async function planRun(
  { runId, path }: { runId: string; path: string },
  server: Server,
  options: MlflowOptions,
  signal: AbortSignal,
): Promise<RemotePlan> {
  const { run } = await server.ask(`${API}/runs/get?${new URLSearchParams({ run_id: runId })}`, runSchema);
  const folder = path.split('/').at(-1) ?? path;
  for (const { model_id: modelId } of run.outputs?.model_outputs ?? []) {
    const { info } = (await server.ask(`${API}/logged-models/${encodeURIComponent(modelId)}`, loggedModelSchema)).model;
    if (info.name === path) return planUri(info.artifact_uri, folder, server, options, signal);
  }
  const base = run.info.artifact_uri.replace(/\/+$/, '');
  return planUri(`${base}/${path}`, folder, server, options, signal);
}

async function planUri(
  uri: string,
  folder: string,
  server: Server,
  options: MlflowOptions,
  signal: AbortSignal,
): Promise<RemotePlan> {
  const proxied = proxiedPath(uri, server.origin);
  if (proxied !== null) return { kind: 'files', unpack: false, files: await listProxied(proxied, folder, server) };
  if (uri.startsWith('s3://')) {
    const place = parseRemoteAddress(uri);
    if (place.kind === 's3') return planS3({ ...place, key: `${place.key}/` }, options.settings, options.http, signal);
  }
  const local = localPath(uri);
  if (local !== null) return { kind: 'local', source: await options.openLocal(`file:${local}`) };
  const scheme = /^[a-z0-9+.-]+:/i.exec(uri)?.[0] ?? uri;
  const text = `The MLflow server keeps this model under ${scheme}, which is not read from here. Start it with --serve-artifacts, so that it hands models out itself.`;
  throw new AppError('model.path_not_allowed', text);
}

/** The path behind the server's artifact proxy; null where it is none of its own. */
function proxiedPath(uri: string, origin: string): string | null {
  const [, path] = /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.*)$/i.exec(uri) ?? [];
  if (path !== undefined) return path;
  const prefix = `${origin}${ARTIFACTS}/`;
  return uri.startsWith(prefix) ? decodeURIComponent(uri.slice(prefix.length)) : null;
}

function localPath(uri: string): string | null {
  if (uri.startsWith('/')) return uri;
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri) : null;
  } catch {
    return null;
  }
}

async function listProxied(root: string, folder: string, server: Server): Promise<RemoteFile[]> {
  const files: RemoteFile[] = [];
  const top = safeSegments(folder.replace(/[\\/]/g, '_'));
  const visit = async (inner: string, depth: number): Promise<void> => {
    if (depth > MAX_DEPTH) throw new AppError('model.source_broken', 'The artifacts are nested too deep.');
    const path = [root, inner].filter((part) => part !== '').join('/');
    const listed = await server.ask(`${ARTIFACTS}?${new URLSearchParams({ path })}`, listingSchema);
    for (const entry of listed.files) {
      const name = [inner, entry.path].filter((part) => part !== '').join('/');
      if (entry.is_dir === true) {
        await visit(name, depth + 1);
        continue;
      }
      const address = `${ARTIFACTS}/${[root, name].join('/').split('/').map(encodeURIComponent).join('/')}`;
      files.push({
        segments: [...top, ...safeSegments(name)],
        sizeBytes: entry.file_size ?? null,
        sha256: null,
        request: async () => server.requestOf(address),
        hint: HINT,
      });
      if (files.length > MAX_FILES) throw new AppError('request.too_large', `It has more than ${MAX_FILES} files.`);
    }
  };
  await visit('', 0);
  if (files.length > 0) return files;
  throw new AppError('model.source_not_found', `The MLflow server holds no files under ${JSON.stringify(root)}.`);
}
