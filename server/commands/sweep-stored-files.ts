import type { DeploymentSpec } from '#server/domain/deployment.ts';
import type { StoredDefinition } from '#server/domain/environment.ts';
import type { StoredFiles } from '#server/models/stored-files.ts';
import type { Reader } from '#server/store/database.ts';
import { listAllDeployments } from '#server/store/deployment-store.ts';
import { listAllEnvironmentVersions } from '#server/store/environment-store.ts';
import { listAllInstances } from '#server/store/instance-store.ts';
import type { CommandContext } from './command-context.ts';

/**
 * Removes stored files that no deployment, instance or environment names. Beside a database that knows no deployment and no environment everything
 * stays: it is more likely that the database was lost.
 * @param olderThanMs files that were stored later are left: whoever stored them may be about to name them
 */
export async function sweepStoredFiles(
  { database, storedFiles }: { database: CommandContext['database']; storedFiles: StoredFiles },
  olderThanMs: number,
): Promise<number> {
  const named = await listNamed(database);
  return named === null ? 0 : storedFiles.sweep((id) => named.has(id), olderThanMs);
}

async function listNamed(reader: Reader): Promise<Set<string> | null> {
  const deployments = await listAllDeployments(reader);
  const versions = await listAllEnvironmentVersions(reader);
  if (deployments.length + versions.length === 0) return null;
  const specs = [
    ...deployments.flatMap(({ spec, goodState }) => (goodState === null ? [spec] : [spec, goodState.spec])),
    ...(await listAllInstances(reader)).map(({ spec }) => spec),
  ];
  return new Set([
    ...specs.flatMap(filesOfSpec),
    ...versions.flatMap(({ definition }) => filesOfDefinition(definition)),
  ]);
}

function filesOfSpec({ code, environment }: DeploymentSpec): string[] {
  const ofEnvironment = environment === undefined ? [] : filesOfDefinition(environment.definition);
  return code === undefined ? ofEnvironment : [code.files, ...ofEnvironment];
}

function filesOfDefinition({ imageArchive, build }: StoredDefinition): string[] {
  return [imageArchive?.files, build?.files].filter((id) => id !== undefined);
}
