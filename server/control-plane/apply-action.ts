import { access } from 'node:fs/promises';
import type { Logger } from '#server/kernel/logger.ts';
import { randomName } from '#server/kernel/ids.ts';
import type { DeploymentKey, DeploymentRecord, DeploymentSpec } from '#server/domain/deployment.ts';
import type { BuildArtifact, EnvironmentBuilder } from '#server/domain/environment-build.ts';
import type { InstanceRecord } from '#server/domain/instance.ts';
import type { RuntimeDriver } from '#server/drivers/runtime-driver.ts';
import type { Database, Transaction } from '#server/store/database.ts';
import { recordActivity } from '#server/store/activity-store.ts';
import {
  deleteDeployment,
  findDeployment,
  listDeployments,
  markDeploymentGood,
  updateDeployment,
  writeDeploymentStatus,
} from '#server/store/deployment-store.ts';
import { deleteEndpoint, findEndpoint, setTraffic } from '#server/store/endpoint-store.ts';
import { deleteInstance, insertInstance, listInstances, markInstance } from '#server/store/instance-store.ts';
import { finishOperation, listRunningOperations, updateStage } from '#server/store/operation-store.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { describeFailure } from './describe-failure.ts';
import type { Failure } from './find-failure.ts';
import { attemptOf, buildRequestOf } from './environment-state.ts';
import { giveShare } from './give-share.ts';
import type { InstallationPaths } from './installation-paths.ts';
import { compileInstanceSpec, modelDirOf, specsOfNewInstances } from './instance-spec.ts';
import type { Refusal } from './observe-endpoint.ts';
import type { Action, AfterFailure } from './plan-endpoint.ts';
import { removeInBackground } from './remove-in-background.ts';

/** Last console lines that a failed operation carries. */
const LOG_TAIL_LINES = 40;

/** Name of the control plane in histories and activities. */
const ACTOR = 'viridian';

export interface ApplyDeps {
  database: Database;
  driver: RuntimeDriver;
  environments: EnvironmentBuilder;
  paths: InstallationPaths;
  refusals: Map<string, Refusal>;
  logger: Logger;
}

/** Carries one step out. Whatever it leaves undone is planned again: every step is safe to repeat. */
export async function applyAction(deps: ApplyDeps, action: Action): Promise<void> {
  const { database, driver } = deps;
  switch (action.kind) {
    case 'create_instances':
      return createInstances(deps, action.deployment, action.count);
    case 'prepare_environment':
      return prepareEnvironment(deps, action.deployment, action.spec);
    case 'ensure_instance':
      return ensureInstance(deps, action.instance);
    case 'retire_instance':
      return ifUnchanged(database, action.deployment, (tx) => retire(tx, action.instanceId));
    case 'stop_instance':
      return removeInBackground(driver, action.instanceId, deps.logger);
    case 'forget_instance':
      deps.refusals.delete(action.instanceId);
      return database.transact((tx) => deleteInstance(tx, action.instanceId));
    case 'mark_good':
      return ifUnchanged(database, action.deployment, markGood);
    case 'fail_rollout':
      return failRollout(deps, action);
    case 'delete_deployment':
      await driver.forgetDeployment(action.deployment.endpointName, action.deployment.name);
      return ifUnchanged(database, action.deployment, removeDeployment);
    case 'delete_endpoint':
      return database.transact((tx) => removeEndpoint(tx, action.name));
  }
}

/** Runs a transaction on a deployment that is still wanted as it was when the step was planned. */
async function ifUnchanged(
  database: Database,
  planned: DeploymentRecord,
  work: (tx: Transaction, deployment: DeploymentRecord) => Promise<void>,
): Promise<void> {
  await database.transact(async (tx) => {
    const latest = await findDeployment(tx, planned);
    if (latest !== null && latest.revision === planned.revision) await work(tx, latest);
  });
}

async function createInstances(deps: ApplyDeps, deployment: DeploymentRecord, count: number): Promise<void> {
  const { endpointName, name } = deployment;
  await ifUnchanged(deps.database, deployment, async (tx, latest) => {
    const staying = await listInstances(tx, endpointName, name);
    const beside = staying.filter(({ desired, specHash }) => desired === 'run' && specHash === latest.specHash);
    for (const spec of specsOfNewInstances(latest.spec, beside, count)) {
      const id = `${endpointName}.${name}.${randomName(8)}`;
      await insertInstance(tx, {
        id,
        endpointName,
        deploymentName: name,
        specHash: latest.specHash,
        spec,
      });
    }
  });
}

async function prepareEnvironment(
  { environments, paths }: ApplyDeps,
  deployment: DeploymentRecord,
  spec: DeploymentSpec,
): Promise<void> {
  const request = buildRequestOf(spec, paths.filesDir, attemptOf(deployment));
  if (request !== null) await environments.ensure(request);
}

async function ensureInstance(deps: ApplyDeps, instance: InstanceRecord): Promise<void> {
  const refusal = (await refuseBeforeStart(deps, instance)) ?? (await start(deps, instance));
  if (refusal === null) deps.refusals.delete(instance.id);
  else deps.refusals.set(instance.id, refusal);
}

/** What can be known to be missing without the driver. */
async function refuseBeforeStart(deps: ApplyDeps, { spec }: InstanceRecord): Promise<Refusal | null> {
  const folder = modelDirOf(spec, deps.paths);
  if (folder === null) return null;
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  if (there) return null;
  const detail = `The files of model ${spec.model?.name}, version ${spec.model?.version}, are not on this host any more.`;
  return { code: 'deployment.model_missing', detail };
}

/**
 * Its environment is asked for again: what a record says was built may have been removed since. Then it is being built by now, and the next plan
 * waits for that.
 */
async function start(deps: ApplyDeps, instance: InstanceRecord): Promise<Refusal | null> {
  const environment = await findArtifact(deps, instance);
  if (environment.kind === 'waiting') return null;
  if (environment.kind === 'failed') return environment.failure;
  const spec = compileInstanceSpec(instance, deps.paths, environment.artifact);
  if (spec === null) {
    const { kind, runtime } = instance.spec;
    return { code: 'deployment.kind_not_supported', detail: `A ${kind} deployment cannot run on "${runtime}" here.` };
  }
  const outcome = await deps.driver.ensure(spec);
  return outcome.kind === 'refused' ? { code: outcome.code, detail: outcome.detail } : null;
}

type FoundArtifact =
  | { kind: 'ready'; artifact: BuildArtifact | null }
  | { kind: 'waiting' }
  | { kind: 'failed'; failure: Refusal };

async function findArtifact({ environments, paths }: ApplyDeps, { id, spec }: InstanceRecord): Promise<FoundArtifact> {
  const request = buildRequestOf(spec, paths.filesDir, id);
  if (request === null) return { kind: 'ready', artifact: null };
  const state = await environments.ensure(request);
  if (state.kind === 'building') return { kind: 'waiting' };
  return state.kind === 'ready' ? state : { kind: 'failed', failure: state.failure };
}

async function retire(tx: Transaction, instanceId: string): Promise<void> {
  await markInstance(tx, instanceId, { desired: 'remove', drainingSince: tx.now });
}

/** The wanted spec is one to go back to from now on; a share of the traffic that waited for this is given in the same transaction. */
async function markGood(tx: Transaction, deployment: DeploymentRecord): Promise<void> {
  await markDeploymentGood(tx, deployment);
  const { endpointName, name, routeWhenReady } = deployment;
  const running = await listRunningOperations(tx, endpointName);
  if (!running.some((operation) => operation.deploymentName === name)) {
    // It came right after its operation had been given up.
    await writeDeploymentStatus(tx, deployment, { provisioningState: 'Succeeded', error: null });
  }
  if (deployment.spec.instanceCount === 0) return;
  const endpoint = await findEndpoint(tx, endpointName);
  if (endpoint === null) return;
  if (routeWhenReady === null) return recordReady(tx, deployment, endpoint.traffic[name] ?? 0);
  const split = { traffic: giveShare(endpoint.traffic, name, routeWhenReady), mirrorTraffic: endpoint.mirrorTraffic };
  delete split.mirrorTraffic[name];
  const { revision } = await setTraffic(tx, endpointName, split, { actor: ACTOR, reason: `${name} became ready` });
  await recordActivity(tx, {
    endpointName,
    deploymentName: name,
    kind: 'traffic',
    actor: ACTOR,
    text: `${name} became ready and takes ${split.traffic[name] ?? 0} % of the traffic`,
    operationId: deployment.operationId,
    revision,
  });
}

async function recordReady(tx: Transaction, deployment: DeploymentRecord, percent: number): Promise<void> {
  const { endpointName, name, revision, operationId } = deployment;
  const share = percent === 0 ? 'no traffic yet' : `${percent} % of the traffic as before`;
  await recordActivity(tx, {
    endpointName,
    deploymentName: name,
    kind: 'ready',
    actor: ACTOR,
    text: `${name} became ready and takes ${share}.`,
    operationId,
    revision,
  });
}

interface FailRollout {
  deployment: DeploymentRecord;
  operationId: string;
  failure: Failure;
  after: AfterFailure;
}

async function failRollout(deps: ApplyDeps, action: FailRollout): Promise<void> {
  const { deployment, operationId, failure, after } = action;
  const error = describeFailure(failure, await readLogTail(deps.driver, deployment, failure), after);
  await ifUnchanged(deps.database, deployment, async (tx, latest) => {
    await finishOperation(tx, operationId, 'failed', error);
    await recordFailure(tx, latest, operationId, error);
    // The share was promised to what failed: neither the version that it goes back to nor a late success may take it.
    const back = after === 'revert' ? latest.goodState : null;
    if (back !== null || latest.routeWhenReady !== null) {
      await updateDeployment(tx, latest, { ...back, routeWhenReady: null });
    }
    if (after === 'remove') await retireAll(tx, latest);
    await writeDeploymentStatus(tx, latest, { provisioningState: 'Failed', error });
  });
  deps.logger.warn({ code: error.code, operation: operationId, deployment: deployment.name }, error.detail);
}

async function recordFailure(
  tx: Transaction,
  { endpointName, name, revision }: DeploymentRecord,
  operationId: string,
  error: Problem,
): Promise<void> {
  const text = `${name} failed: ${error.detail}`;
  await recordActivity(tx, {
    endpointName,
    deploymentName: name,
    kind: 'failure',
    actor: ACTOR,
    text,
    operationId,
    revision,
  });
}

async function retireAll(tx: Transaction, { endpointName, name }: DeploymentKey): Promise<void> {
  for (const { id, desired } of await listInstances(tx, endpointName, name)) {
    if (desired === 'run') await retire(tx, id);
  }
}

async function readLogTail(driver: RuntimeDriver, deployment: DeploymentRecord, failure: Failure): Promise<string[]> {
  if (failure.kind === 'refused') return [...(failure.logTail ?? [])];
  const { id } = failure.instance.row;
  const lines = await driver.readLogs(deployment.endpointName, deployment.name, id, { tail: LOG_TAIL_LINES });
  return lines.filter((line) => line.stream !== 'system').map((line) => line.text);
}

async function removeDeployment(tx: Transaction, deployment: DeploymentRecord): Promise<void> {
  const { endpointName, name } = deployment;
  for (const operation of await listRunningOperations(tx, endpointName)) {
    if (operation.deploymentName !== name) continue;
    await finishDelete(tx, operation);
  }
  await deleteDeployment(tx, deployment);
}

async function removeEndpoint(tx: Transaction, name: string): Promise<void> {
  const endpoint = await findEndpoint(tx, name);
  if (endpoint?.desiredState !== 'delete' || (await listDeployments(tx, name)).length > 0) return;
  for (const operation of await listRunningOperations(tx, name)) await finishDelete(tx, operation);
  await deleteEndpoint(tx, name);
}

async function finishDelete(
  tx: Transaction,
  operation: Awaited<ReturnType<typeof listRunningOperations>>[number],
): Promise<void> {
  if (!operation.kind.endsWith('.delete')) return finishOperation(tx, operation.id, 'superseded', null);
  for (const stage of operation.stages) {
    if (stage.status !== 'succeeded') await updateStage(tx, operation.id, stage.name, { status: 'succeeded' });
  }
  await finishOperation(tx, operation.id, 'succeeded', null);
}
