import type { DeploymentCode } from '#lib/contracts/deployment-code.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { DeploymentKey } from '#server/domain/deployment.ts';
import { deploymentPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { readTexts } from '#server/models/read-texts.ts';
import type { StoredFiles } from '#server/models/stored-files.ts';
import { findDeploymentOrRefuse } from '#server/store/find-or-refuse.ts';
import type { QueryContext } from './query-context.ts';

/** More than anybody writes by hand; what is beyond it is data. */
const MOST_TEXT_BYTES = 1024 * 1024;

/** The files behind `code_configuration`, to be read and written on. @throws AppError `endpoint.not_found`, `deployment.not_found` */
export async function readDeploymentCode(
  { database, storedFiles }: Pick<QueryContext, 'database'> & { storedFiles: StoredFiles },
  actor: Actor,
  key: DeploymentKey,
): Promise<DeploymentCode> {
  authorize(actor, 'deployment.read', deploymentPath(key.endpointName, key.name));
  const { code } = (await findDeploymentOrRefuse(database, key)).spec;
  if (code === undefined) return { scoring_script: null, files: [] };
  const files = await readTexts(storedFiles.folderOf(code.files), await storedFiles.list(code.files), MOST_TEXT_BYTES);
  return {
    scoring_script: code.scoringScript,
    files: files.map(({ path, sizeBytes, text }) => ({ path, size_bytes: sizeBytes, text })),
  };
}
