import { BUILD_KINDS, keyOfKind } from '#server/domain/environment-refresh.ts';
import type { Reader } from '#server/store/database.ts';
import { listAllDeployments } from '#server/store/deployment-store.ts';
import { listAllEnvironmentVersions } from '#server/store/environment-store.ts';
import { listAllInstances } from '#server/store/instance-store.ts';
import { listBuildKeys } from './environment-state.ts';

/** Keys of builds that somebody may ask for: what runs, is to run, would be gone back to, the newest build of every version, and the one that a refresh makes. */
export async function listNeededBuilds(reader: Reader): Promise<Set<string>> {
  const deployments = await listAllDeployments(reader);
  const specs = [
    ...deployments.flatMap(({ spec, goodState }) => (goodState === null ? [spec] : [spec, goodState.spec])),
    ...(await listAllInstances(reader)).map(({ spec }) => spec),
  ];
  const ofVersions = (await listAllEnvironmentVersions(reader)).flatMap((version) =>
    BUILD_KINDS.flatMap((kind) => [keyOfKind(version, kind), keyOfKind(version, kind, 1)]),
  );
  return new Set([...listBuildKeys(specs), ...ofVersions]);
}
