import { createHash } from 'node:crypto';
import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { Actor } from '#server/domain/actor.ts';
import { formatModelReference } from '#server/domain/parse-model-reference.ts';
import { findModelVersion, listModelVersions } from '#server/store/model-store.ts';
import type { ModelContext } from './model-context.ts';
import { registerModelVersion } from './register-model-version.ts';

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
  const known =
    version === undefined
      ? (await listModelVersions(context.database, name)).find(({ path }) => path === source.path)
      : await findModelVersion(context.database, name, version);
  const reusable = known !== undefined && known !== null && known.path === source.path;
  const registered = reusable
    ? known
    : await registerModelVersion(context, actor, {
        name,
        version,
        written: source,
        anonymous: ownName === undefined,
        at: '/model',
      });
  return { ...written, model: formatModelReference({ name, version: registered.version }) };
}
