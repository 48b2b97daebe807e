import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModelImports, startModelImports } from '#server/commands/import-model-version.ts';
import type { ModelContext } from '#server/commands/model-context.ts';
import { sweepModelFolders } from '#server/commands/sweep-model-folders.ts';
import { sweepStoredFiles } from '#server/commands/sweep-stored-files.ts';
import { findSamplePath, type SampleCatalogue, sampleCatalogueSchema } from '#server/domain/sample-catalogue.ts';
import { systemClock } from '#server/kernel/clock.ts';
import type { DataDir } from '#server/kernel/data-dir.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { DEFAULT_ARCHIVE_LIMITS } from '#server/models/archive-refusal.ts';
import { DiskRoom, freeBytesAt } from '#server/models/disk-room.ts';
import { detectModel } from '#server/models/detect/detect-model.ts';
import { createModelFiles } from '#server/models/model-files.ts';
import { createStoredFiles, type StoredFiles } from '#server/models/stored-files.ts';
import { type ModelSource, openModelSource } from '#server/models/model-source.ts';
import type { uploadLimitsOf } from '#server/models/upload-config.ts';
import { unpackSource } from '#server/models/unpack-source.ts';
import { createUploads, type Uploads } from '#server/models/uploads.ts';
import type { SampleContent, SamplesContext } from '#server/queries/list-samples.ts';
import type { Database } from '#server/store/database.ts';
import { composeRemoteModels, type RemoteOptions } from './compose-remote-models.ts';
import { createUploadRows } from './upload-rows.ts';

const COLLECT_EVERY_MS = 60 * 60_000;

export interface ComposedModels {
  storedFiles: StoredFiles;
  context: Omit<ModelContext, 'database' | 'uploads'> & SamplesContext & { uploads: Uploads; imports: ModelImports };
  stop(): Promise<void>;
}

export interface ModelOptions {
  dataDir: DataDir;
  /** Folder of package.json. */
  root: string;
  /** Folders that `file:` paths may lie in. */
  allowedRoots: readonly string[];
  limits: ReturnType<typeof uploadLimitsOf>;
  remote: RemoteOptions;
}

/** Registry files, uploads, detection and bundled samples, and the timer that removes what expired. */
export async function composeModels(
  database: Database,
  options: ModelOptions,
  logger: Logger,
): Promise<ComposedModels> {
  const { dataDir, root, allowedRoots, limits, remote } = options;
  const samplesDir = join(root, 'samples');
  const samples = await readSamples(join(samplesDir, 'catalog.json'));
  const modelFiles = createModelFiles(dataDir.models);
  const storedFiles = createStoredFiles(dataDir.files);
  const uploads = createUploads({
    folder: dataDir.uploads,
    store: createUploadRows(database),
    clock: systemClock,
    detect: detectModel,
    limits,
  });
  const sampleFolder = (id: string): string | null => {
    const path = findSamplePath(samples, id);
    return path === null ? null : join(samplesDir, path);
  };
  const room = new DiskRoom(freeBytesAt(dataDir.imports), limits.reserveBytes);
  const unpacking = { folder: dataDir.imports, limits: DEFAULT_ARCHIVE_LIMITS, room, clock: systemClock };
  const openSource = (path: string): Promise<ModelSource> =>
    openModelSource(path, { uploads, sampleFolder, allowedRoots });
  // Before anybody can register or upload: what is without a row now was left by a crash.
  const left =
    (await sweepModelFolders({ database, modelFiles })) +
    (await sweepStoredFiles({ database, storedFiles }, Infinity)) +
    (await uploads.removeOrphans());
  if (left > 0) logger.warn({ folders: left }, 'Removed files that a crash had left without an owner');
  // After that: a model without versions goes with its registration, and the sweep needs its name.
  const imports = await startModelImports({
    database,
    modelFiles,
    detect: detectModel,
    remote: await composeRemoteModels({ ...remote, room, limits, openSource }),
    folder: dataDir.imports,
    logger,
    now: () => systemClock.monotonic(),
  });
  const timer = collectRegularly(async () => {
    const removed =
      (await uploads.collectExpired()) +
      (await sweepModelFolders({ database, modelFiles })) +
      (await sweepStoredFiles({ database, storedFiles }, systemClock.now() - COLLECT_EVERY_MS));
    if (removed > 0) logger.info({ removed }, 'Removed uploads and model files that nobody uses');
  }, logger);
  return {
    storedFiles,
    context: {
      modelFiles,
      uploads,
      samples,
      detect: detectModel,
      openSource,
      unpackSource: (source, properties) => unpackSource(source, properties, unpacking),
      imports,
      describeSample: remember((id) => describeSample(`sample:${id}`, sampleFolder(id), openSource)),
    },
    async stop() {
      clearInterval(timer);
      await imports.stop();
    },
  };
}

async function describeSample(
  path: string,
  folder: string | null,
  openSource: ModelContext['openSource'],
): Promise<SampleContent> {
  const { files } = await openSource(path);
  const sizes = await Promise.all(files.map(async ({ from }) => (await stat(from)).size));
  return { detected: await detectModel(folder ?? ''), sizeBytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** Bundled files do not change while the process runs, so each is looked into once. */
function remember<T>(look: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (id) => {
    const seen = known.get(id) ?? look(id);
    known.set(id, seen);
    return seen;
  };
}

/** An installation without samples is one that offers none. */
async function readSamples(path: string): Promise<SampleCatalogue> {
  try {
    return sampleCatalogueSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { items: [] };
    throw error;
  }
}

/** Now and then from time to time. */
function collectRegularly(collect: () => Promise<void>, logger: Logger): NodeJS.Timeout {
  const turn = (): void => {
    collect().catch((error: unknown) => logger.warn({ err: error }, 'Unused files could not be removed'));
  };
  turn();
  return setInterval(turn, COLLECT_EVERY_MS);
}
