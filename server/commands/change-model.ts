import { isDeepStrictEqual } from 'node:util';
import { AppError } from '#server/kernel/app-error.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { ModelRecord } from '#server/domain/model.ts';
import { modelPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Transaction } from '#server/store/database.ts';
import { findModel, updateModel } from '#server/store/model-store.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { CommandContext } from './command-context.ts';

export type ModelWords = Pick<ModelRecord, 'description' | 'tags' | 'properties'>;

export interface ChangeModel {
  name: string;
  change: (words: ModelWords) => ModelWords;
  precondition: Precondition;
}

/** Changes the words about a model. @throws AppError `model.not_found`, `request.precondition_failed` */
export async function changeModel(
  { database }: Pick<CommandContext, 'database'>,
  actor: Actor,
  { name, change, precondition }: ChangeModel,
): Promise<ModelRecord> {
  const object = modelPath(name);
  authorize(actor, 'model.write', object);
  return database.transact(async (transaction) => {
    const model = await findModel(transaction, name);
    if (model === null) throw new AppError('model.not_found', `There is no model "${name}".`);
    checkPrecondition(precondition, model.revision);
    return writeModelWords(transaction, actor, model, change);
  });
}

/** Changes the words in a transaction of the caller's; the same words change nothing. */
export async function writeModelWords(
  transaction: Transaction,
  actor: Actor,
  model: ModelRecord,
  change: ChangeModel['change'],
): Promise<ModelRecord> {
  const { name, description, tags, properties } = model;
  const words = change({ description, tags, properties });
  if (isDeepStrictEqual(words, { description, tags, properties })) return model;
  await recordAudit(transaction, { actor, action: 'model.update', object: modelPath(name) });
  return updateModel(transaction, name, words);
}
