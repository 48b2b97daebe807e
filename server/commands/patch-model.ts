import { AppError } from '#server/kernel/app-error.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { ModelRecord } from '#server/domain/model.ts';
import { modelPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { findModel, updateModel } from '#server/store/model-store.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { CommandContext } from './command-context.ts';

export interface PatchModel {
  name: string;
  words: Partial<Pick<ModelRecord, 'description' | 'tags' | 'properties'>>;
  precondition: Precondition;
}

/** Changes the words about a model. @throws AppError `model.not_found`, `request.precondition_failed` */
export async function patchModel(
  { database }: Pick<CommandContext, 'database'>,
  actor: Actor,
  { name, words, precondition }: PatchModel,
): Promise<ModelRecord> {
  const object = modelPath(name);
  authorize(actor, 'model.write', object);
  return database.transact(async (transaction) => {
    const model = await findModel(transaction, name);
    if (model === null) throw new AppError('model.not_found', `There is no model "${name}".`);
    checkPrecondition(precondition, model.revision);
    await recordAudit(transaction, { actor, action: 'model.update', object, detail: { changed: Object.keys(words) } });
    return updateModel(transaction, name, words);
  });
}
