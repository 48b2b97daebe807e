import type { ModelVersionWrite } from '#lib/contracts/model.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { ModelRecord } from '#server/domain/model.ts';
import { modelPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { findModel } from '#server/store/model-store.ts';
import type { OperationRecord } from '#server/domain/operation.ts';
import { changeModel, type ModelWords } from './change-model.ts';
import { checkPrecondition, NO_PRECONDITION, type Precondition } from './check-precondition.ts';
import type { ModelImports } from './import-model-version.ts';
import type { ModelContext } from './model-context.ts';
import { findSameVersion, registerModelVersion } from './register-model-version.ts';

export interface PutModel {
  name: string;
  words: ModelWords;
  /** What to register; without it only the words are replaced. */
  version?: ModelVersionWrite | undefined;
  precondition: Precondition;
}

/**
 * Replaces the words about a model, and registers a version when its source is one that the model does not have yet, so that writing twice
 * registers once.
 * @throws AppError `model.not_found` for a new model without a source, and those of a registration
 */
export async function putModel(
  context: ModelContext,
  actor: Actor,
  { name, words, version, precondition }: PutModel,
): Promise<{ model: ModelRecord; created: boolean }> {
  authorize(actor, 'model.write', modelPath(name));
  const known = await findModel(context.database, name);
  checkPrecondition(precondition, known?.revision ?? null);
  if (version !== undefined) {
    await registerModelVersion(context, actor, { name, version: version.version, written: version, reuse: true });
  }
  const model = await changeModel(context, actor, { name, change: () => words, precondition: NO_PRECONDITION });
  return { model, created: known === null };
}

/**
 * The same for a source that lies elsewhere: the words are replaced now, the version comes with the operation. Null where the model has a version
 * from there.
 */
export async function beginPutModel(
  context: ModelContext & { imports: ModelImports },
  actor: Actor,
  { name, words, version: written, precondition }: PutModel & { version: ModelVersionWrite },
): Promise<OperationRecord | null> {
  authorize(actor, 'model.write', modelPath(name));
  const { version } = written;
  if ((await findSameVersion(context.database, { name, version, written })) !== null) return null;
  checkPrecondition(precondition, (await findModel(context.database, name))?.revision ?? null);
  return context.imports.begin(actor, { name, version, written, words });
}
