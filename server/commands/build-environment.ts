import type { Actor } from '#server/domain/actor.ts';
import { choosePythonRuntime } from '#server/domain/choose-build-runtime.ts';
import {
  type BuildRuntime,
  buildKey,
  compileBuildRequest,
  type EnvironmentVersionRecord,
  kindOfDefinition,
} from '#server/domain/environment.ts';
import { environmentVersionPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { randomName } from '#server/kernel/ids.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import { updateEnvironmentVersion } from '#server/store/environment-store.ts';
import { findEnvironmentVersionOrRefuse } from '#server/store/find-or-refuse.ts';
import type { EnvironmentContext } from './environment-context.ts';

export interface BuildEnvironment {
  name: string;
  version: string;
  runtime?: BuildRuntime | undefined;
  /** Build anew although there is a build. */
  rebuild: boolean;
}

/** Begins a build, so that a deployment need not wait for it; deployments take a rebuilt one when they are next written. */
export async function buildEnvironment(
  context: Pick<EnvironmentContext, 'database' | 'runtimes' | 'storedFiles' | 'environments'>,
  actor: Actor,
  { name, version, runtime, rebuild }: BuildEnvironment,
): Promise<EnvironmentVersionRecord> {
  const object = environmentVersionPath(name, version);
  authorize(actor, 'environment.write', object);
  const record = await context.database.transact(async (transaction) => {
    const known = await findEnvironmentVersionOrRefuse(transaction, name, version);
    await recordAudit(transaction, { actor, action: 'environment.build', object });
    return rebuild ? updateEnvironmentVersion(transaction, known, { buildNumber: known.buildNumber + 1 }) : known;
  });
  const { definition, buildNumber } = record;
  const { runtime: chosen } = choosePythonRuntime(runtime, definition, context.runtimes);
  const servesPython = servesPythonByItself(record);
  const key = buildKey(definition, { runtime: chosen, servesPython, buildNumber });
  await context.environments.ensure(
    compileBuildRequest(
      { key, definition, servesPython, buildNumber },
      chosen,
      context.storedFiles.root,
      randomName(8),
    ),
  );
  return record;
}

/** Whether an environment by itself is one that our Python server runs in: nobody built a server into it. */
export function servesPythonByItself({ definition }: Pick<EnvironmentVersionRecord, 'definition'>): boolean {
  return kindOfDefinition(definition) === 'python' || kindOfDefinition(definition) === 'image_with_packages';
}
