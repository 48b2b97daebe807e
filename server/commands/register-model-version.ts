import { AppError } from '#server/kernel/app-error.ts';
import type { DetectedModel, ModelVersionWrite } from '#lib/contracts/model.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { ModelRecord, ModelType, ModelVersionRecord } from '#server/domain/model.ts';
import { modelPath, modelVersionPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { hideSecretsOfAddress } from '#server/models/remote/remote-address.ts';
import type { ModelSource } from '#server/models/model-source.ts';
import type { Reader, Transaction } from '#server/store/database.ts';
import {
  deleteModel,
  findModel,
  findModelVersion,
  insertModel,
  insertModelVersion,
  listModelVersions,
  updateModel,
} from '#server/store/model-store.ts';
import { listOperations } from '#server/store/operation-store.ts';
import type { ModelContext } from './model-context.ts';
import { takeModelTurn } from './model-turns.ts';
import { openWrittenSource } from './open-written-source.ts';

export interface RegisterModelVersion {
  name: string;
  /** Numbered by the registry when it is left out. */
  version?: string | undefined;
  written: ModelVersionWrite;
  /** Made for a deployment from an inline model. */
  anonymous?: boolean;
  /** Answers a version that was made from the same path instead of making another, also of two callers at once. */
  reuse?: boolean;
  /** JSON pointer of the description in the caller's body; the whole body without one. */
  at?: string;
}

/**
 * Makes a new version: its files are put in place first, then its row, so that a version that is listed is complete. A crash in between leaves
 * files that the next registration of that version replaces.
 * @throws AppError `request.invalid` for a path that names nothing; `model.version_exists`, `model.path_not_allowed`, `model.format_unknown`,
 * `upload.…`
 */
export function registerModelVersion(
  context: ModelContext,
  actor: Actor,
  command: RegisterModelVersion,
): Promise<ModelVersionRecord> {
  authorize(actor, 'model.write', modelVersionPath(command.name, command.version ?? ''));
  return takeModelTurn(command.name, async () => {
    const known = command.reuse === true ? await findSameVersion(context.database, command) : null;
    return known ?? register(context, actor, command);
  });
}

async function register(
  context: ModelContext,
  actor: Actor,
  command: RegisterModelVersion,
): Promise<ModelVersionRecord> {
  const { name, written, at = '' } = command;
  const opened = await openWrittenSource(context, written.path, `${at}/path`);
  const { source, release } = await context.unpackSource(opened, written.properties ?? {});
  try {
    const version = await context.database.transact((transaction) => reserveVersion(transaction, command));
    const made = await placeVersion(context, actor, { ...command, version, source });
    await keepUpload(context, written.path);
    return made;
  } catch (error) {
    await context.database.transact((transaction) => removeEmptyModel(transaction, name));
    throw error;
  } finally {
    await release();
  }
}

export interface PlaceVersion extends RegisterModelVersion {
  version: string;
  source: ModelSource;
  /** What else becomes true in the transaction that makes the version. */
  alongside?: (transaction: Transaction) => Promise<void>;
}

/** Puts the files of a reserved version in place, looks into them and makes its row; of one that fails nothing is left. To be called in the model's turn. */
export async function placeVersion(
  context: Pick<ModelContext, 'database' | 'modelFiles' | 'detect'>,
  actor: Actor,
  command: PlaceVersion,
): Promise<ModelVersionRecord> {
  const { name, version, written, source, at = '' } = command;
  try {
    await context.modelFiles.remove(name, version);
    const content = await context.modelFiles.materialise(source, name, version);
    const detected = await context.detect(content.folder);
    const type = decideType(written.type, detected, `${at}/type`);
    return await context.database.transact(async (transaction) => {
      await command.alongside?.(transaction);
      return insertVersion(transaction, actor, {
        modelName: name,
        version,
        type,
        path: hideSecretsOfAddress(written.path),
        description: written.description ?? '',
        tags: written.tags ?? {},
        properties: written.properties ?? {},
        stage: written.stage ?? null,
        detected,
        sizeBytes: content.sizeBytes,
        sha256: content.sha256,
        files: content.files,
      });
    });
  } catch (error) {
    await context.modelFiles.remove(name, version);
    throw error;
  }
}

/** The version that was made from the same path, where there is one: of the name that was asked for, or the newest. */
export async function findSameVersion(
  reader: Reader,
  { name, version, written }: Pick<RegisterModelVersion, 'name' | 'version' | 'written'>,
): Promise<ModelVersionRecord | null> {
  const path = hideSecretsOfAddress(written.path);
  const versions = await listModelVersions(reader, name);
  return versions.find((known) => known.path === path && (version === undefined || known.version === version)) ?? null;
}

/** Takes a version's name for this registration. @throws AppError `model.version_exists` */
export async function reserveVersion(transaction: Transaction, command: RegisterModelVersion): Promise<string> {
  const { name, version } = command;
  const model = (await findModel(transaction, name)) ?? (await insertModel(transaction, newModel(command)));
  if (version === undefined) return nextNumber(transaction, model);
  if ((await findModelVersion(transaction, name, version)) !== null) {
    const detail = `Model "${name}" has a version ${version} already, and versions do not change. Register the next one.`;
    throw new AppError('model.version_exists', detail);
  }
  if (isNumber(version) && Number(version) > model.lastNumber) {
    await updateModel(transaction, name, { lastNumber: Number(version) });
  }
  return version;
}

function newModel({ name, written, anonymous = false }: RegisterModelVersion) {
  return { name, description: written.description ?? '', tags: {}, properties: {}, anonymous };
}

/** Whether a version that the caller chose is one that numbering goes on from. */
function isNumber(version: string): boolean {
  return /^[1-9][0-9]{0,8}$/.test(version);
}

/** The number after the highest one; one that was given out is never given again. */
async function nextNumber(transaction: Transaction, model: ModelRecord): Promise<string> {
  let number = model.lastNumber + 1;
  while ((await findModelVersion(transaction, model.name, String(number))) !== null) number += 1;
  await updateModel(transaction, model.name, { lastNumber: number });
  return String(number);
}

async function insertVersion(
  transaction: Transaction,
  actor: Actor,
  row: Parameters<typeof insertModelVersion>[1],
): Promise<ModelVersionRecord> {
  const made = await insertModelVersion(transaction, row);
  const object = modelVersionPath(row.modelName, row.version);
  const detail = { path: row.path, sha256: row.sha256 };
  await recordAudit(transaction, { actor, action: 'model.create', object, detail });
  return made;
}

/** Of a registration that failed; a model that another one is on its way to stays. */
export async function removeEmptyModel(transaction: Transaction, name: string): Promise<void> {
  if ((await findModel(transaction, name)) === null) return;
  if ((await listModelVersions(transaction, name)).length > 0) return;
  const running = await listOperations(transaction, { status: 'running', resource: modelPath(name), limit: 1 });
  if (running.length === 0) await deleteModel(transaction, name);
}

async function keepUpload({ uploads }: ModelContext, path: string): Promise<void> {
  if (path.startsWith('upload:')) await uploads.markUsed(path.slice('upload:'.length));
}

const TYPE_OF_FORMAT: Readonly<Record<DetectedModel['format'], ModelType>> = {
  onnx: 'onnx_model',
  mlflow: 'mlflow_model',
  triton: 'triton_model',
  unknown: 'custom_model',
};

/** @throws AppError `model.format_unknown` when the files are not what the caller says */
function decideType(wanted: ModelType | undefined, detected: DetectedModel, path: string): ModelType {
  const found = TYPE_OF_FORMAT[detected.format];
  if (wanted === undefined) return found;
  if (wanted === 'custom_model' || wanted === found) return wanted;
  const message = `says "${wanted}", but the files are not of that type. ${detected.reason}`;
  throw new AppError('model.format_unknown', `The field type ${message}`, { errors: [{ path, message }] });
}
