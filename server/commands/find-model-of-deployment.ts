import { AppError } from '#server/kernel/app-error.ts';
import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { ModelVersionRecord } from '#server/domain/model.ts';
import { parseModelReference } from '#server/domain/parse-model-reference.ts';
import type { Reader } from '#server/store/database.ts';
import { findModelVersion, listModelVersions } from '#server/store/model-store.ts';

/**
 * The model version that a reference names; null when the deployment has no model.
 * @throws AppError `request.invalid` for a malformed reference, `deployment.model_missing`
 */
export async function findModelOfDeployment(
  reader: Reader,
  model: DeploymentWrite['model'],
): Promise<ModelVersionRecord | null> {
  if (model === undefined) return null;
  if (typeof model !== 'string') throw new Error('An inline model is registered before its deployment is stored.');
  const reference = parseModelReference(model);
  if (reference === null) {
    const message = 'must be "azureml:<name>:<version>" or "azureml:<name>@latest"';
    throw new AppError('request.invalid', `The field model ${message}.`, { errors: [{ path: '/model', message }] });
  }
  const { name, version } = reference;
  const found =
    version === null ? (await listModelVersions(reader, name))[0] : await findModelVersion(reader, name, version);
  if (found) return found;
  const message = await describeMissing(reader, name, version);
  throw new AppError('deployment.model_missing', message, { errors: [{ path: '/model', message }] });
}

async function describeMissing(reader: Reader, name: string, version: string | null): Promise<string> {
  const versions = (await listModelVersions(reader, name)).map((known) => known.version);
  if (versions.length === 0 || version === null) return `There is no model "${name}". Register it first.`;
  return `Model "${name}" has no version ${version}. It has ${versions.slice(0, 5).join(', ')}.`;
}
