import { AppError } from '#server/kernel/app-error.ts';
import type { Actor } from '#server/domain/actor.ts';
import { listModelUsers } from '#server/domain/present-model.ts';
import { modelPath, modelVersionPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Transaction } from '#server/store/database.ts';
import { listAllDeployments } from '#server/store/deployment-store.ts';
import {
  deleteModel as deleteModelRow,
  deleteModelVersion as deleteVersionRow,
  findModel,
  findModelVersion,
  listModelVersions,
} from '#server/store/model-store.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { ModelContext } from './model-context.ts';
import { takeModelTurn } from './model-turns.ts';

type DeleteContext = Pick<ModelContext, 'database' | 'modelFiles'>;

/** Deletes a version and its files. @throws AppError `model.not_found`, `model.in_use` with its users */
export async function deleteModelVersion(
  context: DeleteContext,
  actor: Actor,
  { name, version, precondition }: { name: string; version: string; precondition: Precondition },
): Promise<void> {
  const object = modelVersionPath(name, version);
  authorize(actor, 'model.delete', object);
  await takeModelTurn(name, async () => {
    await context.database.transact(async (transaction) => {
      const known = await findModelVersion(transaction, name, version);
      if (known === null) throw new AppError('model.not_found', `There is no model version "${name}:${version}".`);
      checkPrecondition(precondition, known.revision);
      await refuseInUse(transaction, name, version);
      await deleteVersionRow(transaction, name, version);
      await recordAudit(transaction, { actor, action: 'model.delete', object });
    });
    await context.modelFiles.remove(name, version);
  });
}

/** Deletes a model with all its versions and files. @throws AppError `model.not_found`, `model.in_use` with its users */
export async function deleteModel(
  context: DeleteContext,
  actor: Actor,
  { name, precondition }: { name: string; precondition: Precondition },
): Promise<void> {
  const object = modelPath(name);
  authorize(actor, 'model.delete', object);
  await takeModelTurn(name, async () => {
    const versions = await context.database.transact(async (transaction) => {
      const model = await findModel(transaction, name);
      if (model === null) throw new AppError('model.not_found', `There is no model "${name}".`);
      checkPrecondition(precondition, model.revision);
      await refuseInUse(transaction, name);
      const all = await listModelVersions(transaction, name);
      for (const { version } of all) await deleteVersionRow(transaction, name, version);
      await deleteModelRow(transaction, name);
      await recordAudit(transaction, { actor, action: 'model.delete', object });
      return all;
    });
    for (const { version } of versions) await context.modelFiles.remove(name, version);
  });
}

async function refuseInUse(transaction: Transaction, name: string, version?: string): Promise<void> {
  const usedBy = listModelUsers(await listAllDeployments(transaction), name, version);
  if (usedBy.length === 0) return;
  const what = version === undefined ? `Model "${name}"` : `Model version "${name}:${version}"`;
  const detail = `${what} is used by ${usedBy.join(', ')}. Delete or change those deployments first.`;
  throw new AppError('model.in_use', detail, { details: { used_by: usedBy } });
}
