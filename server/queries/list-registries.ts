import type { Registry } from '#lib/contracts/registry.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { RegistryRecord } from '#server/domain/registry.ts';
import { registryPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { findRegistryOrRefuse } from '#server/store/find-or-refuse.ts';
import { listRegistries as listRows } from '#server/store/registry-store.ts';
import { pageOf, presentPage, type PageRequest } from './page.ts';
import type { QueryContext } from './query-context.ts';

/** Registries that credentials are stored for, by host, without the passwords. */
export async function listRegistries(
  context: Pick<QueryContext, 'database'>,
  actor: Actor,
  page: PageRequest,
): Promise<ListPage<Registry>> {
  authorize(actor, 'registry.read', '/registries');
  const rows = await listRows(context.database);
  return presentPage(
    pageOf('registries', rows, ({ host }) => host, page),
    presentRegistry,
  );
}

/** @throws AppError `registry.not_found` */
export async function getRegistry(
  context: Pick<QueryContext, 'database'>,
  actor: Actor,
  host: string,
): Promise<Registry> {
  authorize(actor, 'registry.read', registryPath(host));
  return presentRegistry(await findRegistryOrRefuse(context.database, host));
}

export function presentRegistry({ host, username, description, revision, ...times }: RegistryRecord): Registry {
  return {
    host,
    username,
    description,
    revision,
    created_at: formatInstant(times.createdAt),
    updated_at: formatInstant(times.updatedAt),
  };
}
