import { AppError } from '#server/kernel/app-error.ts';

/** Where a model that lies elsewhere is described to be. */
export type RemoteAddress =
  | { kind: 'http'; url: URL }
  | { kind: 's3'; bucket: string; key: string }
  /** A version of a registered model: by its number, by an alias, or the newest one of a stage (`latest`: of all). */
  | { kind: 'mlflow_model'; name: string; by: 'version' | 'alias' | 'stage'; value: string }
  /** MLflow 3: a model by the id that it was logged under. */
  | { kind: 'mlflow_logged_model'; modelId: string }
  | { kind: 'mlflow_run'; runId: string; path: string }
  | { kind: 'hub'; repository: string; revision: string };

/** What an address of each kind looks like, for people who wrote another. */
const FORMS = {
  http: 'https://<host>/<path to an archive or a file>',
  s3: 's3://<bucket>/<prefix or object>',
  models: 'models:/<name>/<version> or models:/<name>@<alias>',
  runs: 'runs:/<run id>/<path of the artifact>',
  hf: 'hf://<owner>/<repository>, with @<revision> where it is not main',
};

const SCHEME = /^(https?|s3|models|runs|hf):/i;

/** Whether a path of a model lies on another machine, so that fetching it takes time. */
export const isRemotePath = (path: string): boolean => SCHEME.test(path);

/**
 * Reads the address of a model that lies elsewhere.
 * @throws AppError request.invalid saying what the address should look like
 */
export function parseRemoteAddress(path: string): RemoteAddress {
  const scheme = SCHEME.exec(path)?.[1]?.toLowerCase() ?? '';
  const rest = path.slice(scheme.length + 1);
  if (scheme === 's3') return parseS3(path, rest);
  if (scheme === 'models') return parseMlflowModel(path, rest);
  if (scheme === 'runs') return parseMlflowRun(path, rest);
  if (scheme === 'hf') return parseHub(path, rest);
  return parseHttp(path);
}

function parseHttp(path: string): RemoteAddress {
  const url = URL.canParse(path) ? new URL(path) : null;
  if (url === null || url.hostname === '') throw refuse(path, FORMS.http);
  if (url.username !== '' || url.password !== '') {
    const text =
      'The address holds a user or a password, which everybody who sees the model would see. Leave them out.';
    throw invalid(text);
  }
  url.hash = '';
  return { kind: 'http', url };
}

function parseS3(path: string, rest: string): RemoteAddress {
  const [, bucket, key = ''] = /^\/\/([a-z0-9][a-z0-9._-]{1,62})(?:\/(.*))?$/is.exec(rest) ?? [];
  if (bucket === undefined) throw refuse(path, FORMS.s3);
  return { kind: 's3', bucket, key };
}

function parseMlflowModel(path: string, rest: string): RemoteAddress {
  const inner = rest.replace(/^\/+/, '');
  if (/^m-[0-9a-f]{8,}$/i.test(inner)) return { kind: 'mlflow_logged_model', modelId: inner };
  const [, name, separator, raw] = /^([^/@]+)([/@])([^/@]+)$/.exec(inner) ?? [];
  if (name === undefined || raw === undefined) throw refuse(path, FORMS.models);
  const value = decode(raw, path, FORMS.models);
  const by = separator === '@' ? 'alias' : /^\d+$/.test(value) ? 'version' : 'stage';
  return { kind: 'mlflow_model', name: decode(name, path, FORMS.models), by, value };
}

function parseMlflowRun(path: string, rest: string): RemoteAddress {
  const [, runId, artifact] = /^\/+([a-z0-9_-]{1,64})\/(.+)$/is.exec(rest) ?? [];
  const segments = artifact?.split('/').filter((part) => part !== '') ?? [];
  if (runId === undefined || segments.length === 0 || segments.some((part) => part === '..' || part === '.'))
    throw refuse(path, FORMS.runs);
  return { kind: 'mlflow_run', runId, path: segments.join('/') };
}

function parseHub(path: string, rest: string): RemoteAddress {
  const part = '[a-z0-9][a-z0-9._-]{0,95}';
  const pattern = new RegExp(`^//(${part}/${part})/?(?:@([^\\s@?#]{1,255}))?/?$`, 'i');
  const [, repository, revision = 'main'] = pattern.exec(rest) ?? [];
  const isUnsafe = revision.split('/').some((segment) => segment === '' || segment === '.' || segment === '..');
  if (repository === undefined || isUnsafe) throw refuse(path, FORMS.hf);
  return { kind: 'hub', repository, revision };
}

function decode(text: string, path: string, form: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse(path, form);
  }
}

/** Parameters that let whoever has them in. */
const SECRET_PARAMETER = /sig|token|key|secret|password|credential|auth/i;

/** An address as it may be stored, shown and logged: signed addresses carry their permission in the query. */
export function hideSecretsOfAddress(path: string): string {
  if (!/^https?:/i.test(path) || !URL.canParse(path)) return path;
  const url = new URL(path);
  const isSecret = [...url.searchParams.keys()].some((name) => SECRET_PARAMETER.test(name));
  if (!isSecret) return path;
  for (const name of new Set(url.searchParams.keys())) {
    if (SECRET_PARAMETER.test(name)) url.searchParams.set(name, '***');
  }
  return url.href;
}

function refuse(path: string, form: string): AppError {
  return invalid(`${JSON.stringify(hideSecretsOfAddress(path))} is no address of a model. It looks like ${form}.`);
}

function invalid(message: string): AppError {
  return new AppError('request.invalid', message);
}
