import type { Actor } from '#server/domain/actor.ts';
import type { BuildRuntime } from '#server/domain/environment.ts';
import type { BuildLogLine } from '#server/domain/environment-build.ts';
import { environmentVersionPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { findEnvironmentVersionOrRefuse } from '#server/store/find-or-refuse.ts';
import { type EnvironmentsContext, findBuilds } from './list-environments.ts';

export interface BuildLogRequest {
  name: string;
  version: string;
  /** The newest build of any when left out. */
  runtime?: BuildRuntime | undefined;
  tail: number;
  /** Only lines after this position. */
  after?: string | undefined;
}

/** Newest lines of a build's log as text; empty where nothing was built. @throws AppError `environment.not_found` */
export async function readBuildLogText(
  context: EnvironmentsContext,
  actor: Actor,
  request: BuildLogRequest,
): Promise<string> {
  const lines = await readLines(context, await findKey(context, actor, request), request);
  return lines.map(({ at, text }) => `${at} ${text}\n`).join('');
}

/** Asked before a stream is opened, so that a refusal can still be an answer. @throws AppError `environment.not_found` */
export async function followBuildLog(
  context: EnvironmentsContext,
  actor: Actor,
  request: BuildLogRequest,
): Promise<(onLine: (line: BuildLogLine) => void, signal: AbortSignal) => Promise<void>> {
  const key = await findKey(context, actor, request);
  return async (onLine, signal) => {
    if (key === null) return;
    let after = request.after ?? null;
    for (const line of await readLines(context, key, request)) {
      onLine(line);
      after = line.cursor;
    }
    await context.environments.followLog(key, after, onLine, signal);
  };
}

async function readLines(
  { environments }: EnvironmentsContext,
  key: string | null,
  { tail, after }: BuildLogRequest,
): Promise<BuildLogLine[]> {
  if (key === null) return [];
  return environments.readLog(key, { tail, ...(after !== undefined && { after }) });
}

async function findKey(context: EnvironmentsContext, actor: Actor, request: BuildLogRequest): Promise<string | null> {
  const { name, version, runtime } = request;
  authorize(actor, 'environment.read', environmentVersionPath(name, version));
  const record = await findEnvironmentVersionOrRefuse(context.database, name, version);
  const builds = (await findBuilds(context, record)).filter(
    (build) => runtime === undefined || build.runtime === runtime,
  );
  return builds.toSorted((a, b) => b.startedAt - a.startedAt)[0]?.key ?? null;
}
