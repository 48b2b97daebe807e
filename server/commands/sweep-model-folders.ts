import type { ModelFiles } from '#server/models/model-files.ts';
import { listAllDeployments } from '#server/store/deployment-store.ts';
import { listAllInstances } from '#server/store/instance-store.ts';
import { findModelVersion, listModels } from '#server/store/model-store.ts';
import type { Reader } from '#server/store/database.ts';
import type { CommandContext } from './command-context.ts';
import { takeModelTurn } from './model-turns.ts';

/**
 * Removes the files of versions that a crash left without a row: their registration never ended, or their removal did not. Takes the turn of
 * each model, so that nothing is under way there. Beside a database that knows no model at all everything stays: it is more likely that the
 * database was lost than that every file is left over. @returns how many folders were removed
 */
export async function sweepModelFolders(context: {
  database: CommandContext['database'];
  modelFiles: Pick<ModelFiles, 'listModels' | 'sweep'>;
}): Promise<number> {
  if ((await listModels(context.database)).length === 0) return 0;
  let removed = 0;
  for (const name of await context.modelFiles.listModels()) {
    removed += await takeModelTurn(name, () =>
      context.modelFiles.sweep(name, (version) => isNamed(context.database, name, version)),
    );
  }
  return removed;
}

/** By its own row, or by what runs or is to run: of a database that was put back from a backup they may disagree. */
async function isNamed(reader: Reader, name: string, version: string): Promise<boolean> {
  if ((await findModelVersion(reader, name, version)) !== null) return true;
  const deployments = await listAllDeployments(reader);
  const specs = [
    ...deployments.flatMap(({ spec, goodState }) => [spec, goodState?.spec]),
    ...(await listAllInstances(reader)).map(({ spec }) => spec),
  ];
  return specs.some((spec) => spec?.model?.name === name && spec.model.version === version);
}
