import type { Readable } from 'node:stream';
import { AppError } from '#server/kernel/app-error.ts';
import type { ModelVersion } from '#lib/contracts/model.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { ModelVersionRecord } from '#server/domain/model.ts';
import { listModelUsers, presentModelVersion } from '#server/domain/present-model.ts';
import { modelPath, modelVersionPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import type { ModelFiles } from '#server/models/model-files.ts';
import { listAllDeployments } from '#server/store/deployment-store.ts';
import { findModelVersion, listModelVersions as listRows } from '#server/store/model-store.ts';
import { findModelOrRefuse } from './list-models.ts';
import { closePage, decodeCursor, type PageRequest } from './page.ts';
import type { QueryContext } from './query-context.ts';

type ModelsContext = Pick<QueryContext, 'database'>;

const LIST = 'model-versions';

/** Versions of a model, newest first. */
export async function listModelVersions(
  context: ModelsContext,
  actor: Actor,
  name: string,
  { limit, cursor }: PageRequest,
): Promise<ListPage<ModelVersion>> {
  authorize(actor, 'model.read', modelPath(name));
  await findModelOrRefuse(context, name);
  const after = decodeCursor(LIST, cursor);
  const rows = await listRows(context.database, name);
  const start = after === null ? 0 : rows.findIndex((row) => keyOf(row) < after);
  const rest = start < 0 ? [] : rows.slice(start);
  const { items, nextCursor } = closePage(LIST, rest, keyOf, limit);
  const deployments = await listAllDeployments(context.database);
  const shown = items.map((row) => presentModelVersion(row, listModelUsers(deployments, name, row.version)));
  return { items: shown, next_cursor: nextCursor };
}

/** Times have one width, so their order as text is their order. */
const keyOf = (row: ModelVersionRecord): string => `${row.createdAt} ${row.version}`;

/** @throws AppError `model.not_found` */
export async function getModelVersion(
  context: ModelsContext,
  actor: Actor,
  name: string,
  version: string,
): Promise<ModelVersion> {
  authorize(actor, 'model.read', modelVersionPath(name, version));
  return describeModelVersion(context, await findVersionOrRefuse(context, name, version));
}

export async function describeModelVersion(
  { database }: ModelsContext,
  row: ModelVersionRecord,
): Promise<ModelVersion> {
  return presentModelVersion(row, listModelUsers(await listAllDeployments(database), row.modelName, row.version));
}

/** A tar stream of a version's files. @throws AppError `model.not_found` */
export async function downloadModelVersion(
  context: ModelsContext & { modelFiles: ModelFiles },
  actor: Actor,
  name: string,
  version: string,
): Promise<{ filename: string; stream: Readable }> {
  authorize(actor, 'model.read', modelVersionPath(name, version));
  const row = await findVersionOrRefuse(context, name, version);
  const stream = await context.modelFiles.download(name, row.version, row.files);
  return { filename: `${name}-${row.version}.tar`, stream };
}

/**
 * The beginning of one file, which is all that a look at it takes.
 * @param firstBytes at most so many
 * @throws AppError `model.not_found`; `request.invalid` for a path that the version does not hold
 */
export async function readModelFile(
  context: ModelsContext & { modelFiles: ModelFiles },
  actor: Actor,
  name: string,
  version: string,
  { path, firstBytes }: { path: string; firstBytes: number },
): Promise<{ stream: Readable; sizeBytes: number }> {
  authorize(actor, 'model.read', modelVersionPath(name, version));
  const row = await findVersionOrRefuse(context, name, version);
  const file = row.files.find((one) => one.path === path);
  if (file === undefined) {
    const message = `names no file of ${name}:${row.version}`;
    throw new AppError('request.invalid', `The parameter path ${message}.`, { errors: [{ path: '?path', message }] });
  }
  const sizeBytes = Math.min(file.size_bytes, firstBytes);
  return { stream: await context.modelFiles.openFile(name, row.version, file, sizeBytes), sizeBytes };
}

/** `latest` names the newest version. */
async function findVersionOrRefuse(
  { database }: ModelsContext,
  name: string,
  version: string,
): Promise<ModelVersionRecord> {
  const row =
    (await findModelVersion(database, name, version)) ??
    (version === 'latest' ? (await listRows(database, name))[0] : null);
  if (row) return row;
  throw new AppError('model.not_found', `There is no model version "${name}:${version}".`);
}
