import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { EnvironmentVersionRecord } from '#server/domain/environment.ts';
import { parseModelReference } from '#server/domain/parse-model-reference.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { Reader } from '#server/store/database.ts';
import { listEnvironmentVersions } from '#server/store/environment-store.ts';

/**
 * The environment version that a deployment names; null where it names none, or only says its routes.
 * @throws AppError `request.invalid` naming the field
 */
export async function findEnvironmentOfDeployment(
  reader: Reader,
  reference: DeploymentWrite['environment'],
): Promise<EnvironmentVersionRecord | null> {
  if (typeof reference !== 'string') return null;
  const parsed = parseModelReference(reference);
  if (parsed === null) refuse('must be "azureml:<name>:<version>" or "azureml:<name>@latest"');
  const versions = await listEnvironmentVersions(reader, parsed.name);
  const found = parsed.version === null ? versions[0] : versions.find(({ version }) => version === parsed.version);
  if (found) return found;
  if (versions.length === 0) refuse(`names an environment "${parsed.name}" that does not exist; write it first`);
  const known = versions.slice(0, 5).map(({ version }) => version);
  return refuse(`names version ${parsed.version} of "${parsed.name}", which has ${known.join(', ')}`);
}

function refuse(message: string): never {
  throw new AppError('request.invalid', `The field environment ${message}.`, {
    errors: [{ path: '/environment', message }],
  });
}
