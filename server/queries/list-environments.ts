import type { Environment, EnvironmentVersion } from '#lib/contracts/environment.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { EnvironmentVersionRecord } from '#server/domain/environment.ts';
import { BUILD_KINDS, findRefreshCandidate, isKeptFresh, keyOfKind } from '#server/domain/environment-refresh.ts';
import type { BuildRecord, EnvironmentBuilder } from '#server/domain/environment-build.ts';
import {
  listEnvironmentRuns,
  listEnvironmentUsers,
  presentEnvironment,
  presentEnvironmentRun,
  presentEnvironmentVersion,
  presentRefresh,
} from '#server/domain/present-environment.ts';
import { environmentPath, environmentVersionPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { listAllDeployments } from '#server/store/deployment-store.ts';
import { listAllEnvironmentVersions, listEnvironmentVersions as listRows } from '#server/store/environment-store.ts';
import { findEnvironmentVersionOrRefuse } from '#server/store/find-or-refuse.ts';
import { closePage, decodeCursor, pageOf, type PageRequest } from './page.ts';
import type { QueryContext } from './query-context.ts';

export interface EnvironmentsContext extends Pick<QueryContext, 'database'> {
  environments: EnvironmentBuilder;
  /** How old a build of an environment that is kept fresh may get; 0 where nothing is built anew by itself. */
  environmentRefreshMs: number;
}

const VERSIONS = 'environment-versions';

/** Environments by name; those that deployments brought along are left out. */
export async function listEnvironments(
  { database }: EnvironmentsContext,
  actor: Actor,
  filter: { name?: string | undefined },
  page: PageRequest,
): Promise<ListPage<Environment>> {
  authorize(actor, 'environment.read', '/environments');
  const part = filter.name?.toLowerCase() ?? '';
  const named = (await listAllEnvironmentVersions(database)).filter(
    ({ name, anonymous }) => !anonymous && name.toLowerCase().includes(part),
  );
  const groups = [...Map.groupBy(named, ({ name }) => name).values()];
  const { items, nextCursor } = pageOf('environments', groups, ([first]) => first!.name, page);
  const deployments = await listAllDeployments(database);
  const shown = items.map((versions) =>
    presentEnvironment(versions, listEnvironmentUsers(deployments, versions[0]!.name)),
  );
  return { items: shown, next_cursor: nextCursor };
}

/** @throws AppError `environment.not_found` */
export async function getEnvironment(
  { database }: EnvironmentsContext,
  actor: Actor,
  name: string,
): Promise<Environment> {
  authorize(actor, 'environment.read', environmentPath(name));
  const versions = await listRows(database, name);
  if (versions.length === 0) throw new AppError('environment.not_found', `There is no environment "${name}".`);
  return presentEnvironment(versions, listEnvironmentUsers(await listAllDeployments(database), name));
}

/** Versions of an environment, newest first. @throws AppError `environment.not_found` */
export async function listEnvironmentVersions(
  context: EnvironmentsContext,
  actor: Actor,
  name: string,
  { limit, cursor }: PageRequest,
): Promise<ListPage<EnvironmentVersion>> {
  await getEnvironment(context, actor, name);
  const rows = await listRows(context.database, name);
  const after = decodeCursor(VERSIONS, cursor);
  const start = after === null ? 0 : rows.findIndex((row) => keyOf(row) < after);
  const { items, nextCursor } = closePage(VERSIONS, start < 0 ? [] : rows.slice(start), keyOf, limit);
  return {
    items: await Promise.all(items.map((row) => describeEnvironmentVersion(context, row))),
    next_cursor: nextCursor,
  };
}

const keyOf = (row: EnvironmentVersionRecord): string => `${row.createdAt} ${row.version}`;

/** `latest` names the newest version. @throws AppError `environment.not_found` */
export async function getEnvironmentVersion(
  context: EnvironmentsContext,
  actor: Actor,
  name: string,
  version: string,
): Promise<EnvironmentVersion> {
  authorize(actor, 'environment.read', environmentVersionPath(name, version));
  return describeEnvironmentVersion(context, await findEnvironmentVersionOrRefuse(context.database, name, version));
}

export async function describeEnvironmentVersion(
  context: EnvironmentsContext,
  record: EnvironmentVersionRecord,
): Promise<EnvironmentVersion> {
  const { name, version } = record;
  const deployments = await listAllDeployments(context.database);
  const runs = listEnvironmentRuns(deployments, record).map(async (run) =>
    presentEnvironmentRun(run, run.running && (await context.environments.find(run.running.key))),
  );
  const refreshes = isKeptFresh(record) && context.environmentRefreshMs > 0;
  return presentEnvironmentVersion(record, await findBuilds(context, record), {
    used_by: listEnvironmentUsers(deployments, name, version),
    deployments: await Promise.all(runs),
    refresh: refreshes
      ? presentRefresh(await findRefreshCandidate(context.environments, record), context.environmentRefreshMs)
      : null,
  });
}

/** Builds of the newest number that somebody asked for, with our server inside and without. */
export async function findBuilds(
  { environments }: Pick<EnvironmentsContext, 'environments'>,
  version: EnvironmentVersionRecord,
): Promise<BuildRecord[]> {
  const found = await Promise.all(BUILD_KINDS.map((kind) => environments.find(keyOfKind(version, kind))));
  return found.filter((record) => record !== null);
}
