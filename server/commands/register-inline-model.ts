import { createHash } from 'node:crypto';
import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { Actor } from '#server/domain/actor.ts';
import { formatModelReference } from '#server/domain/parse-model-reference.ts';
import type { ModelVersionRecord } from '#server/domain/model.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { isRemotePath } from '#server/models/remote/remote-address.ts';
import type { ModelContext } from './model-context.ts';
import { findSameVersion, registerModelVersion, type RegisterModelVersion } from './register-model-version.ts';

/**
 * Registers the inline model of a deployment, under its own name or one made from its source, and puts a reference in its place. The same source
 * gives the same version, so that writing a deployment twice registers once.
 */
export async function registerInlineModel(
  context: ModelContext,
  actor: Actor,
  written: DeploymentWrite,
): Promise<DeploymentWrite> {
  const { model } = written;
  if (model === undefined || typeof model === 'string') return written;
  const { name: ownName, version, ...source } = model;
  const name = ownName ?? `anonymous-${createHash('sha256').update(source.path).digest('hex').slice(0, 12)}`;
  const command = { name, version, written: source, anonymous: ownName === undefined, at: '/model' };
  const registered = isRemotePath(source.path)
    ? await findRegistered(context, command)
    : await registerModelVersion(context, actor, { ...command, reuse: true });
  return { ...written, model: formatModelReference({ name, version: registered.version }) };
}

/** What lies elsewhere takes its time to come, and a deployment is not kept waiting for it. @throws AppError `model.path_not_allowed` */
async function findRegistered(
  { database }: ModelContext,
  command: Pick<RegisterModelVersion, 'name' | 'version' | 'written'>,
): Promise<ModelVersionRecord> {
  const known = await findSameVersion(database, command);
  if (known !== null) return known;
  const message =
    'must not lie elsewhere in a deployment. Register it first, with POST /models, and name the version that comes of it';
  throw new AppError('model.path_not_allowed', `The field path ${message}.`, {
    errors: [{ path: '/model/path', message }],
  });
}
