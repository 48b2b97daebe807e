import { AppError } from '#server/kernel/app-error.ts';
import type { Model } from '#lib/contracts/model.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { ModelRecord } from '#server/domain/model.ts';
import { listModelUsers, presentModel } from '#server/domain/present-model.ts';
import { modelPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { listAllDeployments } from '#server/store/deployment-store.ts';
import { findModel, listModels as listRows, listModelVersions } from '#server/store/model-store.ts';
import { pageOf, type PageRequest } from './page.ts';
import type { QueryContext } from './query-context.ts';

type ModelsContext = Pick<QueryContext, 'database'>;

/** Registered models by name; those that deployments brought along are left out. */
export async function listModels(
  context: ModelsContext,
  actor: Actor,
  filter: { name?: string | undefined },
  page: PageRequest,
): Promise<ListPage<Model>> {
  authorize(actor, 'model.read', '/models');
  const part = filter.name?.toLowerCase() ?? '';
  const rows = (await listRows(context.database)).filter(
    ({ name, anonymous }) => !anonymous && name.toLowerCase().includes(part),
  );
  const { items, nextCursor } = pageOf('models', rows, ({ name }) => name, page);
  return { items: await Promise.all(items.map((row) => describeModel(context, row))), next_cursor: nextCursor };
}

/** @throws AppError `model.not_found` */
export async function getModel(context: ModelsContext, actor: Actor, name: string): Promise<Model> {
  authorize(actor, 'model.read', modelPath(name));
  return describeModel(context, await findModelOrRefuse(context, name));
}

export async function describeModel({ database }: ModelsContext, model: ModelRecord): Promise<Model> {
  const versions = await listModelVersions(database, model.name);
  return presentModel(model, versions, listModelUsers(await listAllDeployments(database), model.name));
}

export async function findModelOrRefuse({ database }: ModelsContext, name: string): Promise<ModelRecord> {
  const model = await findModel(database, name);
  if (model === null) throw new AppError('model.not_found', `There is no model "${name}".`);
  return model;
}
