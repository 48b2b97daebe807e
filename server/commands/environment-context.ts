import type { EnvironmentBuilder } from '#server/domain/environment-build.ts';
import type { StoredFiles } from '#server/models/stored-files.ts';
import type { CommandContext } from './command-context.ts';
import type { ModelContext } from './model-context.ts';

/** What commands about environments and code work with. */
export interface EnvironmentContext
  extends Pick<CommandContext, 'database' | 'runtimes'>, Pick<ModelContext, 'openSource' | 'uploads'> {
  storedFiles: StoredFiles;
  environments: EnvironmentBuilder;
}
