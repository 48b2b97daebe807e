import { SYSTEM_ACTOR } from '#server/domain/actor.ts';
import { compileBuildRequest, type EnvironmentVersionRecord } from '#server/domain/environment.ts';
import type { EnvironmentBuilder } from '#server/domain/environment-build.ts';
import {
  findRefreshCandidate,
  isKeptFresh,
  keyOfKind,
  planRefresh,
  type RefreshStep,
} from '#server/domain/environment-refresh.ts';
import { environmentVersionPath } from '#server/domain/resource-path.ts';
import type { Clock } from '#server/kernel/clock.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Database } from '#server/store/database.ts';
import {
  findEnvironmentVersion,
  listAllEnvironmentVersions,
  updateEnvironmentVersion,
} from '#server/store/environment-store.ts';

const LOOK_MS = 30_000;

export interface RefreshEnvironmentsDeps {
  database: Database;
  environments: Pick<EnvironmentBuilder, 'find' | 'ensure'>;
  /** Folder of stored files. */
  filesDir: string;
  /** How old a build of a curated environment may get; 0 turns the refresh off. */
  everyMs: number;
  clock: Clock;
  logger: Logger;
  lookMs?: number;
}

/**
 * Builds curated environments anew when they have become old, one at a time, so that the fixes of their base are there for whoever rolls to them.
 *
 * The next build is made beside the newest one, and its number is given out only once it is whole: while a refresh fails (no network, no
 * registry), deployments go on to get the build that works. Which is due, and how often it failed, follows from the records of builds.
 */
export function createRefreshEnvironmentsLoop(deps: RefreshEnvironmentsDeps): { start(): void; stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    const versions = (await listAllEnvironmentVersions(deps.database)).filter(isKeptFresh);
    const candidates = await Promise.all(versions.map((version) => findRefreshCandidate(deps.environments, version)));
    for (const step of planRefresh(candidates, deps.everyMs, deps.clock.now())) await take(deps, step);
  }

  const onFailure = (error: unknown): void => deps.logger.warn({ err: error }, 'environments_not_refreshed');
  const next = (): void => {
    turn = turn.then(look).catch(onFailure);
  };

  return {
    start() {
      if (deps.everyMs === 0) return;
      next();
      timer = setInterval(next, deps.lookMs ?? LOOK_MS);
    },
    stop() {
      clearInterval(timer);
      return turn;
    },
  };
}

async function take(deps: RefreshEnvironmentsDeps, step: RefreshStep): Promise<void> {
  const { name, version } = step.version;
  if (step.kind === 'promote') return promote(deps, step.version);
  deps.logger.info({ name, version, attempt: step.attempt }, 'environment_refresh_begun');
  const { definition, buildNumber } = step.version;
  for (const kind of step.kinds) {
    const environment = {
      key: keyOfKind(step.version, kind, 1),
      definition,
      servesPython: kind.servesPython,
      buildNumber: buildNumber + 1,
    };
    await deps.environments.ensure(compileBuildRequest(environment, kind.runtime, deps.filesDir, step.attempt));
  }
}

async function promote({ database, logger }: RefreshEnvironmentsDeps, seen: EnvironmentVersionRecord): Promise<void> {
  const { name, version, buildNumber } = seen;
  await database.transact(async (transaction) => {
    const known = await findEnvironmentVersion(transaction, name, version);
    // Somebody has built it anew, or removed it, since it was looked at.
    if (known?.buildNumber !== buildNumber) return;
    await updateEnvironmentVersion(transaction, known, { buildNumber: buildNumber + 1 });
    const object = environmentVersionPath(name, version);
    await recordAudit(transaction, { actor: SYSTEM_ACTOR, action: 'environment.refresh', object });
  });
  logger.info({ name, version, build: buildNumber + 1 }, 'environment_refreshed');
}
