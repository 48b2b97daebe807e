import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelContext } from '#server/commands/model-context.ts';
import { findSamplePath, type SampleCatalogue, sampleCatalogueSchema } from '#server/domain/sample-catalogue.ts';
import { systemClock } from '#server/kernel/clock.ts';
import type { DataDir } from '#server/kernel/data-dir.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { detectModel } from '#server/models/detect/detect-model.ts';
import { createModelFiles } from '#server/models/model-files.ts';
import { openModelSource } from '#server/models/model-source.ts';
import type { uploadLimitsOf } from '#server/models/upload-config.ts';
import { createUploads, type Uploads } from '#server/models/uploads.ts';
import type { Database } from '#server/store/database.ts';
import { createUploadRows } from './upload-rows.ts';

const COLLECT_EVERY_MS = 60 * 60_000;

export interface ComposedModels {
  context: Omit<ModelContext, 'database' | 'uploads'> & { uploads: Uploads; samples: SampleCatalogue };
  stop(): void;
}

export interface ModelOptions {
  dataDir: DataDir;
  /** Folder of package.json. */
  root: string;
  /** Folders that `file:` paths may lie in. */
  allowedRoots: readonly string[];
  limits: ReturnType<typeof uploadLimitsOf>;
}

/** Registry files, uploads, detection and bundled samples, and the timer that removes what expired. */
export async function composeModels(
  database: Database,
  options: ModelOptions,
  logger: Logger,
): Promise<ComposedModels> {
  const { dataDir, root, allowedRoots, limits } = options;
  const samplesDir = join(root, 'samples');
  const samples = await readSamples(join(samplesDir, 'catalog.json'));
  const modelFiles = createModelFiles(dataDir.models);
  await modelFiles.removeUnfinished();
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
  const timer = collectUploads(uploads, logger);
  return {
    context: {
      modelFiles,
      uploads,
      samples,
      detect: detectModel,
      openSource: (path) => openModelSource(path, { uploads, sampleFolder, allowedRoots }),
    },
    stop: () => clearInterval(timer),
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

function collectUploads(uploads: Uploads, logger: Logger): NodeJS.Timeout {
  const collect = (): void => {
    uploads.collectExpired().then(
      (removed) => void (removed > 0 && logger.info({ removed }, 'Removed uploads that nobody used')),
      (error: unknown) => logger.warn({ err: error }, 'Expired uploads could not be removed'),
    );
  };
  collect();
  return setInterval(collect, COLLECT_EVERY_MS);
}
