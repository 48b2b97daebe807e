import type { ModelVersionWrite } from '#lib/contracts/model.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { ModelVersionRecord } from '#server/domain/model.ts';
import { modelVersionPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { hideSecretsOfAddress } from '#server/models/remote/remote-address.ts';
import { findModelVersion } from '#server/store/model-store.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { ModelContext } from './model-context.ts';
import { changeModelVersion } from './change-model-version.ts';
import { registerModelVersion } from './register-model-version.ts';

export interface PutModelVersion {
  name: string;
  version: string;
  written: ModelVersionWrite;
  precondition: Precondition;
}

/**
 * Registers a version under a given name; of one that is there with the same source only the words about it are replaced.
 * @throws AppError `model.version_exists` when it is there from another source
 */
export async function putModelVersion(
  context: ModelContext,
  actor: Actor,
  command: PutModelVersion,
): Promise<{ version: ModelVersionRecord; created: boolean }> {
  const { name, version, written, precondition } = command;
  authorize(actor, 'model.write', modelVersionPath(name, version));
  const known = await findModelVersion(context.database, name, version);
  checkPrecondition(precondition, known?.revision ?? null);
  if (known === null || known.path !== hideSecretsOfAddress(written.path)) {
    return { version: await registerModelVersion(context, actor, { name, version, written }), created: true };
  }
  const words = {
    description: written.description ?? '',
    tags: written.tags ?? {},
    properties: written.properties ?? {},
    stage: written.stage ?? null,
  };
  const change = { name, version, change: () => words, precondition };
  return { version: await changeModelVersion(context, actor, change), created: false };
}
