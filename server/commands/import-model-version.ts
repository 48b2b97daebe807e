import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelVersionWrite } from '#lib/contracts/model.ts';
import type { Actor } from '#server/domain/actor.ts';
import { type OperationRecord, type StageName, STAGES } from '#server/domain/operation.ts';
import { modelVersionPath, operationPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { toProblem } from '#server/kernel/error-catalogue.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { createTurns, type Turns } from '#server/kernel/turns.ts';
import { hideSecretsOfAddress } from '#server/models/remote/remote-address.ts';
import type { DownloadProgress } from '#server/models/remote/download-files.ts';
import type { RemoteModels } from '#server/models/remote/remote-models.ts';
import type { Transaction } from '#server/store/database.ts';
import { findModel } from '#server/store/model-store.ts';
import {
  findOperation,
  finishOperation,
  insertRegistration,
  listRunningRegistrations,
  type StageChange,
  updateStage,
} from '#server/store/operation-store.ts';
import { type ModelWords, writeModelWords } from './change-model.ts';
import type { ModelContext } from './model-context.ts';
import { takeModelTurn } from './model-turns.ts';
import { placeVersion, removeEmptyModel, reserveVersion } from './register-model-version.ts';

/** How many fetch at a time; each hashes and unpacks what comes, on a host that serves models meanwhile. */
const MOST_AT_ONCE = 4;

/** How often progress is written down. */
const PROGRESS_MS = 500;

export interface ImportModelVersion {
  name: string;
  /** Numbered by the registry when it is left out. */
  version?: string | undefined;
  written: ModelVersionWrite;
  /** What is said about the model as a whole from now on; left as it is without them. */
  words?: ModelWords;
}

/** Registrations that go on after their request was answered, because the files lie elsewhere. */
export interface ModelImports {
  /**
   * Begins to fetch a model; its version is there when the operation has succeeded, and nothing is when it has not.
   * @throws AppError `request.invalid`, `model.path_not_allowed`, `model.version_exists`
   */
  begin(actor: Actor, command: ImportModelVersion): Promise<OperationRecord>;
  /** Ends those that are under way, and leaves nothing of them. */
  stop(): Promise<void>;
}

export interface ModelImportsOptions extends Pick<ModelContext, 'database' | 'modelFiles' | 'detect'> {
  remote: RemoteModels;
  /** Where files lie until they are complete; on the file system of the models. */
  folder: string;
  logger: Logger;
  /** Milliseconds. */
  now: () => number;
}

interface Running {
  id: string;
  actor: Actor;
  command: ImportModelVersion & { version: string };
  abort: AbortController;
}

/** Clears away what an earlier process left, and takes registrations from then on. */
export async function startModelImports(options: ModelImportsOptions): Promise<ModelImports> {
  const { database, remote } = options;
  await endInterrupted(options);
  const running = new Map<string, Running & { ended: Promise<void> }>();
  const turns = createTurns(MOST_AT_ONCE);

  /** Cancelled, superseded or taken away: the row says so, whoever did it. */
  const unsubscribe = database.onChanges((changes) => {
    for (const { resource } of changes) {
      const entry = [...running.values()].find(({ id }) => operationPath(id) === resource);
      if (entry !== undefined) void abortIfEnded(options, entry);
    }
  });

  return {
    async begin(actor, command) {
      authorize(actor, 'model.write', modelVersionPath(command.name, command.version ?? ''));
      checkPath(remote, command.written.path);
      const { operation, version } = await database.transact(async (transaction) => {
        const reserved = await reserveVersion(transaction, command);
        const { name, words } = command;
        const model = words === undefined ? null : await findModel(transaction, name);
        if (words && model) await writeModelWords(transaction, actor, model, () => words);
        const resource = modelVersionPath(name, reserved);
        return { version: reserved, operation: await insertRegistration(transaction, { resource, actor: actor.name }) };
      });
      const entry = { id: operation.id, actor, command: { ...command, version }, abort: new AbortController() };
      const ended = run(options, entry, turns).finally(() => running.delete(operation.id));
      running.set(operation.id, { ...entry, ended });
      return operation;
    },
    async stop() {
      unsubscribe();
      const entries = [...running.values()];
      for (const { abort } of entries) abort.abort(interrupted());
      await Promise.all(entries.map(({ ended }) => ended));
      remote.close();
    },
  };
}

function checkPath(remote: RemoteModels, path: string): void {
  try {
    remote.check(path);
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    throw new AppError(cause.code, cause.message, { cause, errors: [{ path: '/path', message: cause.message }] });
  }
}

/** Fetches, stores and ends the operation, whichever way it goes. Never rejects. */
async function run(options: ModelImportsOptions, entry: Running, turns: Turns): Promise<void> {
  const { folder, logger } = options;
  const { id, abort } = entry;
  const place = join(folder, id);
  try {
    await setStage(options, entry, STAGES.findFiles, { status: 'running', message: WAITS });
    await turns.take(abort.signal, () => fetchAndStore(options, entry, place));
  } catch (error) {
    await noteFailure(options, entry, abort.signal.aborted ? abort.signal.reason : error);
  } finally {
    await rm(place, { recursive: true, force: true }).catch((error: unknown) =>
      logger.warn({ err: error }, 'Files of a registration could not be removed'),
    );
  }
}

/** Shown until it is somebody's turn, which most often is at once. */
const WAITS = `Waits until fewer than ${MOST_AT_ONCE} other registrations are under way.`;

async function fetchAndStore(options: ModelImportsOptions, entry: Running, place: string): Promise<void> {
  const { command, abort } = entry;
  await mkdir(place, { recursive: true, mode: 0o700 });
  await setStage(options, entry, STAGES.findFiles, { status: 'running', message: '' });
  const source = await options.remote.fetch(command.written.path, place, listen(options, entry), abort.signal);
  await setStage(options, entry, STAGES.fetchFiles, { status: 'succeeded', progress: 1 });
  await setStage(options, entry, STAGES.storeVersion, { status: 'running' });
  await takeModelTurn(command.name, () => store(options, entry, source));
}

async function store(
  options: ModelImportsOptions,
  { id, actor, command, abort }: Running,
  source: Awaited<ReturnType<RemoteModels['fetch']>>,
): Promise<void> {
  abort.signal.throwIfAborted();
  const alongside = async (transaction: Transaction): Promise<void> => {
    if ((await findOperation(transaction, id))?.status !== 'running') throw interrupted();
    if ((await findModel(transaction, command.name)) === null) {
      throw new AppError('model.not_found', `Model "${command.name}" was deleted while its files were fetched.`);
    }
    await finishOperation(transaction, id, 'succeeded', null);
  };
  await placeVersion(options, actor, { ...command, source, alongside });
}

/** Writes progress down, now and then. */
function listen(options: ModelImportsOptions, entry: Running) {
  let written = -Infinity;
  return {
    onFound(files: number): void {
      const message = `${files} ${files === 1 ? 'file' : 'files'}.`;
      void setStage(options, entry, STAGES.findFiles, { status: 'succeeded', message });
    },
    onProgress(progress: DownloadProgress): void {
      const now = options.now();
      if (now - written < PROGRESS_MS) return;
      written = now;
      void setStage(options, entry, STAGES.fetchFiles, { status: 'running', ...describeProgress(progress) });
    },
  };
}

function describeProgress({ receivedBytes, totalBytes, doneFiles, files }: DownloadProgress): StageChange {
  const mib = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  const of = totalBytes === null ? '' : ` of ${mib(totalBytes)}`;
  const counted = files > 1 ? `, file ${doneFiles + 1} of ${files}` : '';
  const progress = totalBytes === null || totalBytes === 0 ? null : Math.min(1, receivedBytes / totalBytes);
  return { message: `${mib(receivedBytes)}${of}${counted}.`, progress };
}

/** Progress is a courtesy: a disk that cannot take it fails the registration elsewhere. */
async function setStage(
  { database, logger }: ModelImportsOptions,
  { id }: Running,
  name: StageName,
  change: StageChange,
): Promise<void> {
  try {
    await database.transact(async (transaction) => {
      if ((await findOperation(transaction, id))?.status !== 'running') return;
      await updateStage(transaction, id, name, change);
    });
  } catch (error) {
    logger.warn({ err: error }, 'The progress of a registration could not be written down');
  }
}

async function abortIfEnded({ database }: ModelImportsOptions, { id, abort }: Running): Promise<void> {
  if ((await findOperation(database, id))?.status !== 'running') abort.abort(interrupted());
}

async function noteFailure(
  { database, logger }: ModelImportsOptions,
  { id, command }: Running,
  error: unknown,
): Promise<void> {
  const path = hideSecretsOfAddress(command.written.path);
  if (!(error instanceof AppError)) logger.error({ err: error, path }, 'A model could not be registered');
  try {
    await endFailed({ database }, { id, name: command.name, error });
  } catch (cause) {
    // The next start ends it.
    logger.error({ err: cause, path }, 'The end of a registration could not be written down');
  }
}

async function endFailed(
  { database }: Pick<ModelImportsOptions, 'database'>,
  { id, name, error }: { id: string; name: string; error: unknown },
): Promise<void> {
  const { request_id: _none, ...problem } = toProblem(error, id);
  await database.transact(async (transaction) => {
    await finishOperation(transaction, id, 'failed', problem);
    await removeEmptyModel(transaction, name);
  });
}

/** What a process that is gone had under way. Its versions are not made, so that whoever waits hears of it and can begin anew. */
async function endInterrupted({ database, folder, logger }: ModelImportsOptions): Promise<void> {
  for (const { id, resource } of await listRunningRegistrations(database)) {
    const name = resource.split('/')[2] ?? '';
    await endFailed({ database }, { id, name, error: interrupted() });
  }
  const left = await readdir(folder);
  for (const name of left) await rm(join(folder, name), { recursive: true, force: true });
  if (left.length > 0) logger.warn({ folders: left.length }, 'Removed what an interrupted registration had fetched');
}

const interrupted = (): AppError =>
  new AppError(
    'model.import_interrupted',
    'The registration ended before all files had come. Nothing of it was kept; register it again.',
  );
