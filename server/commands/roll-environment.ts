import type { Actor } from '#server/domain/actor.ts';
import type { DeploymentRecord } from '#server/domain/deployment.ts';
import type { EnvironmentVersionRecord } from '#server/domain/environment.ts';
import type { OperationRecord } from '#server/domain/operation.ts';
import { listEnvironmentRuns } from '#server/domain/present-environment.ts';
import { deploymentPath, environmentVersionPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { Transaction } from '#server/store/database.ts';
import { listAllDeployments } from '#server/store/deployment-store.ts';
import { findEnvironmentVersionOrRefuse, findLiveEndpointOrRefuse } from '#server/store/find-or-refuse.ts';
import type { CommandContext } from './command-context.ts';
import { authorizeWrite, writeDeployment } from './put-deployment.ts';

export interface RollEnvironment {
  name: string;
  version: string;
  /** Paths of deployments; null rolls every one that is behind. */
  deployments: readonly string[] | null;
}

export interface RolledDeployment {
  deployment: string;
  operation: OperationRecord;
}

/**
 * Brings deployments to the newest build of their environment, each by an update of its own that changes nothing else. One that runs it, or is on
 * its way there, is left alone, so asking twice is asking once. A build that fails leaves what runs as it is.
 * @throws AppError `request.invalid` for a deployment that does not name this version
 */
export async function rollEnvironment(
  context: Pick<CommandContext, 'database' | 'host' | 'runtimes' | 'externals'>,
  actor: Actor,
  { name, version, deployments }: RollEnvironment,
): Promise<RolledDeployment[]> {
  authorize(actor, 'environment.read', environmentVersionPath(name, version));
  return context.database.transact(async (transaction) => {
    const record = await findEnvironmentVersionOrRefuse(transaction, name, version);
    const rolled: RolledDeployment[] = [];
    for (const current of await findBehind(transaction, record, deployments)) {
      const key = { endpointName: current.endpointName, name: current.name };
      await findLiveEndpointOrRefuse(transaction, key.endpointName);
      authorizeWrite(actor, key, current.written);
      const write = { key, written: current.written, allTraffic: current.routeWhenReady !== null, current };
      const { operation } = await writeDeployment(transaction, context, actor, write);
      rolled.push({ deployment: deploymentPath(key.endpointName, key.name), operation });
    }
    return rolled;
  });
}

async function findBehind(
  transaction: Transaction,
  record: EnvironmentVersionRecord,
  asked: readonly string[] | null,
): Promise<DeploymentRecord[]> {
  const runs = listEnvironmentRuns(await listAllDeployments(transaction), record);
  const pathOf = ({ endpointName, name }: DeploymentRecord): string => deploymentPath(endpointName, name);
  const stranger = asked?.findIndex((path) => !runs.some(({ deployment }) => pathOf(deployment) === path)) ?? -1;
  if (stranger >= 0) {
    const message = `must name a deployment of ${record.name}, version ${record.version}`;
    throw new AppError('request.invalid', `The deployment ${asked?.[stranger]} ${message}.`, {
      errors: [{ path: `/deployments/${stranger}`, message }],
    });
  }
  return runs
    .filter(({ state, deployment }) => state === 'behind' && (asked?.includes(pathOf(deployment)) ?? true))
    .map(({ deployment }) => deployment);
}
