import { buildKey } from '#server/domain/environment.ts';
import type { Reader } from '#server/store/database.ts';
import { listAllDeployments } from '#server/store/deployment-store.ts';
import { listAllEnvironmentVersions } from '#server/store/environment-store.ts';
import { listAllInstances } from '#server/store/instance-store.ts';
import { listBuildKeys } from './environment-state.ts';

/** Keys of builds that somebody may ask for: what runs, is to run, would be gone back to, and the newest build of every version. */
export async function listNeededBuilds(reader: Reader): Promise<Set<string>> {
  const deployments = await listAllDeployments(reader);
  const specs = [
    ...deployments.flatMap(({ spec, goodState }) => (goodState === null ? [spec] : [spec, goodState.spec])),
    ...(await listAllInstances(reader)).map(({ spec }) => spec),
  ];
  const ofVersions = (await listAllEnvironmentVersions(reader)).flatMap(({ definition, buildNumber }) =>
    (['process', 'docker'] as const).flatMap((runtime) =>
      [true, false].map((servesPython) => buildKey(definition, { runtime, servesPython, buildNumber })),
    ),
  );
  return new Set([...listBuildKeys(specs), ...ofVersions]);
}
