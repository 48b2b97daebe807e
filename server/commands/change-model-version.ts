import { isDeepStrictEqual } from 'node:util';
import { AppError } from '#server/kernel/app-error.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { ModelVersionRecord } from '#server/domain/model.ts';
import { modelVersionPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { findModelVersion, updateModelVersion } from '#server/store/model-store.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { CommandContext } from './command-context.ts';

/** What may change about a version: words, never content. */
export type VersionWords = Pick<ModelVersionRecord, 'description' | 'tags' | 'properties' | 'stage'>;

export interface ChangeModelVersion {
  name: string;
  version: string;
  change: (words: VersionWords) => VersionWords;
  precondition: Precondition;
}

/** Changes the words about a version. @throws AppError `model.not_found`, `request.precondition_failed` */
export async function changeModelVersion(
  { database }: Pick<CommandContext, 'database'>,
  actor: Actor,
  { name, version, change, precondition }: ChangeModelVersion,
): Promise<ModelVersionRecord> {
  const object = modelVersionPath(name, version);
  authorize(actor, 'model.write', object);
  return database.transact(async (transaction) => {
    const known = await findModelVersion(transaction, name, version);
    if (known === null) throw new AppError('model.not_found', `There is no model version "${name}:${version}".`);
    checkPrecondition(precondition, known.revision);
    const { description, tags, properties, stage } = known;
    const words = change({ description, tags, properties, stage });
    if (isDeepStrictEqual(words, { description, tags, properties, stage })) return known;
    await recordAudit(transaction, { actor, action: 'model.update', object });
    return updateModelVersion(transaction, { modelName: name, version }, words);
  });
}
