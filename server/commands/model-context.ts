import type { DetectedModel } from '#lib/contracts/model.ts';
import type { ModelFiles } from '#server/models/model-files.ts';
import type { ModelSource } from '#server/models/model-source.ts';
import type { OpenedSource } from '#server/models/unpack-source.ts';
import type { Uploads } from '#server/models/uploads.ts';
import type { CommandContext } from './command-context.ts';

/** What commands about models work with. */
export interface ModelContext extends Pick<CommandContext, 'database'> {
  modelFiles: ModelFiles;
  uploads: Pick<Uploads, 'markUsed' | 'remove'>;
  /** Finds the files behind `upload:`, `sample:` and `file:`. */
  openSource: (path: string) => Promise<ModelSource>;
  /** Unpacks the one archive of a source where the properties of its version ask for that. */
  unpackSource: (source: ModelSource, properties: Readonly<Record<string, string>>) => Promise<OpenedSource>;
  detect: (folder: string) => Promise<DetectedModel>;
}
