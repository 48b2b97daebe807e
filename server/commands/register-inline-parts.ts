import { createHash } from 'node:crypto';
import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { EnvironmentVersionWrite } from '#lib/contracts/environment.ts';
import type { Actor } from '#server/domain/actor.ts';
import { formatModelReference } from '#server/domain/parse-model-reference.ts';
import type { EnvironmentContext } from './environment-context.ts';
import type { ModelContext } from './model-context.ts';
import { registerEnvironmentVersion } from './register-environment-version.ts';
import { registerInlineModel } from './register-inline-model.ts';
import { checkHolds, formatStoredFiles, storeWrittenFiles } from './store-written-files.ts';

export type InlinePartsContext = ModelContext & Pick<EnvironmentContext, 'storedFiles'>;

/** What takes time before a deployment is written: its inline model and environment become references, and its code is put away. */
export async function registerInlineParts(
  context: InlinePartsContext,
  actor: Actor,
  written: DeploymentWrite,
): Promise<DeploymentWrite> {
  const withModel = await registerInlineModel(context, actor, written);
  const withCode = await storeCode(context, withModel);
  return registerInlineEnvironment(context, actor, withCode);
}

async function storeCode(context: InlinePartsContext, written: DeploymentWrite): Promise<DeploymentWrite> {
  const { code_configuration: code } = written;
  if (code === undefined) return written;
  const id = await storeWrittenFiles(context, code.code, '/code_configuration/code');
  await checkHolds(context, id, code.scoring_script, '/code_configuration/scoring_script');
  return { ...written, code_configuration: { ...code, code: formatStoredFiles(id) } };
}

/** Fields that make an object an environment; a program of the host may say its routes alone. */
const DEFINING = ['image', 'image_archive', 'build', 'conda_file', 'pip_requirements'] as const;

async function registerInlineEnvironment(
  context: InlinePartsContext,
  actor: Actor,
  written: DeploymentWrite,
): Promise<DeploymentWrite> {
  const { environment } = written;
  if (typeof environment !== 'object' || !isDefinition(environment)) return written;
  const { name: ownName, version: ownVersion, ...rest } = environment;
  const name = ownName ?? `anonymous-${createHash('sha256').update(JSON.stringify(rest)).digest('hex').slice(0, 12)}`;
  const { version } = await registerEnvironmentVersion(context, actor, {
    name,
    version: ownVersion ?? (ownName === undefined ? '1' : undefined),
    written: rest,
    anonymous: ownName === undefined,
    at: '/environment',
  });
  return { ...written, environment: formatModelReference(version) };
}

function isDefinition(environment: EnvironmentVersionWrite): boolean {
  return DEFINING.some((field) => environment[field] !== undefined);
}
