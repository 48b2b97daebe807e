import { isDeepStrictEqual } from 'node:util';
import { AppError } from '#server/kernel/app-error.ts';
import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { Actor } from '#server/domain/actor.ts';
import { chooseColourSlot } from '#server/domain/colour-slot.ts';
import type { DeploymentKey, DeploymentRecord, DeploymentSpec, DesiredDeployment } from '#server/domain/deployment.ts';
import { STAGES, type OperationRecord } from '#server/domain/operation.ts';
import { formatModelReference } from '#server/domain/parse-model-reference.ts';
import { resolveDeploymentSpec } from '#server/domain/resolve-deployment-spec.ts';
import { isExternal, resolveExternalSpec } from '#server/domain/resolve-external-spec.ts';
import { deploymentPath } from '#server/domain/resource-path.ts';
import { listUntouchedStages } from '#server/domain/untouched-stages.ts';
import { hashSpec } from '#server/domain/spec-hash.ts';
import { authorize } from '#server/identity/authorize.ts';
import { recordActivity } from '#server/store/activity-store.ts';
import { recordAudit } from '#server/store/audit-store.ts';
import type { Reader, Transaction } from '#server/store/database.ts';
import { findDeployment, insertDeployment, listDeployments, updateDeployment } from '#server/store/deployment-store.ts';
import { findInstanceType } from '#server/store/instance-type-store.ts';
import { findOperation, insertOperation, updateStage } from '#server/store/operation-store.ts';
import { checkPrecondition, type Precondition } from './check-precondition.ts';
import type { CommandContext } from './command-context.ts';
import { checkServerAddresses, findExternalInstanceType, sealHeaders } from './external-servers.ts';
import { findEnvironmentOfDeployment } from './find-environment-of-deployment.ts';
import { findInstanceTypeOfDeployment } from './find-instance-type-of-deployment.ts';
import { findModelOfDeployment } from './find-model-of-deployment.ts';
import { parseStoredFiles } from './store-written-files.ts';
import { findLiveEndpointOrRefuse } from '#server/store/find-or-refuse.ts';

const MAX_DEPLOYMENTS = 20;

export interface PutDeployment {
  key: DeploymentKey;
  /** Inline models are registered by the caller; what is left is a reference. */
  written: DeploymentWrite;
  /** Take all live traffic once ready. */
  allTraffic: boolean;
  precondition: Precondition;
}

export interface PutDeploymentOutcome {
  deployment: DeploymentRecord;
  operation: OperationRecord;
  created: boolean;
}

/**
 * Writes what a deployment is to be and returns the operation that makes it so. A write while another runs supersedes it; an equal write
 * returns the operation that is under way; an equal write after a failure is a new attempt.
 */
export async function putDeployment(
  context: Pick<CommandContext, 'database' | 'host' | 'runtimes' | 'externals'>,
  actor: Actor,
  command: PutDeployment,
): Promise<PutDeploymentOutcome> {
  const { key, precondition } = command;
  authorizeWrite(actor, key, command.written);
  await checkServerAddresses(context.externals, command.written);
  return context.database.transact(async (transaction) => {
    await findLiveEndpointOrRefuse(transaction, key.endpointName);
    const current = await findDeployment(transaction, key);
    checkPrecondition(precondition, current?.revision ?? null);
    return writeDeployment(transaction, context, actor, { ...command, current });
  });
}

export function authorizeWrite(actor: Actor, key: DeploymentKey, written: DeploymentWrite): void {
  const object = deploymentPath(key.endpointName, key.name);
  authorize(actor, 'deployment.write', object);
  if (written.command !== undefined) authorize(actor, 'deployment.run_command', object);
  if (isExternal(written)) authorize(actor, 'deployment.use_external', object);
}

interface WriteDeployment {
  key: DeploymentKey;
  written: DeploymentWrite;
  allTraffic: boolean;
  current: DeploymentRecord | null;
}

/** The part of a write inside its transaction; shared by PUT and PATCH. */
export async function writeDeployment(
  transaction: Transaction,
  context: Pick<CommandContext, 'host' | 'runtimes' | 'externals'>,
  actor: Actor,
  write: WriteDeployment,
): Promise<PutDeploymentOutcome> {
  const { current } = write;
  const desired = await resolveDesired(transaction, context, write);
  const underWay = current === null ? null : await findEqualUnderWay(transaction, current, desired, write.allTraffic);
  if (current !== null && underWay !== null) return { deployment: current, operation: underWay, created: false };
  const operation = await startOperation(transaction, actor, write, desired);
  const deployment =
    current === null
      ? await create(transaction, write, desired, operation.id)
      : await updateDeployment(transaction, write.key, {
          ...desired,
          desiredState: 'run',
          operationId: operation.id,
          provisioningState: stateWhileUpdating(current, desired),
          error: null,
          routeWhenReady: write.allTraffic ? 100 : null,
        });
  await note(transaction, actor, deployment, operation, current === null);
  return { deployment, operation, created: current === null };
}

async function resolveDesired(
  transaction: Transaction,
  context: Pick<CommandContext, 'host' | 'runtimes' | 'externals'>,
  { key, written: asWritten, current }: WriteDeployment,
): Promise<DesiredDeployment> {
  const written = sealHeaders(context.externals, key, asWritten, current);
  const spec = await resolveSpec(transaction, context, written);
  const { name: _name, endpoint_name: _endpoint, ...rest } = written;
  const resolved = {
    ...rest,
    ...(spec.model !== null && { model: formatModelReference(spec.model) }),
    ...referenceOf(spec.environment),
  };
  const generation = nextGeneration(current);
  return { written: resolved, spec, specHash: hashSpec(spec, generation), generation };
}

/** The version that `@latest` meant when the deployment was written. */
function referenceOf(environment: DeploymentSpec['environment']): Pick<DeploymentWrite, 'environment'> {
  if (environment === undefined || environment.name === null || environment.version === null) return {};
  return { environment: formatModelReference({ name: environment.name, version: environment.version }) };
}

/** What a description becomes on this host; changes nothing. @throws AppError naming the field that cannot be carried out */
export async function resolveSpec(
  reader: Reader,
  { host, runtimes }: Pick<CommandContext, 'host' | 'runtimes'>,
  written: DeploymentWrite,
): Promise<DeploymentSpec> {
  if (isExternal(written)) return resolveExternalSpec(written, await findExternalInstanceType(reader, written));
  const model = await findModelOfDeployment(reader, written.model);
  const instanceType = await findInstanceTypeOfDeployment(reader, host, written.instance_type);
  return resolveDeploymentSpec(written, {
    model: model && { name: model.modelName, version: model.version, detected: model.detected },
    environment: await findEnvironmentOfDeployment(reader, written.environment),
    codeFiles: written.code_configuration === undefined ? null : parseStoredFiles(written.code_configuration.code),
    runtimes,
    instanceType,
  });
}

/** A creation that failed may have left its instance to look at; a new attempt never picks that one up. */
function nextGeneration(current: DeploymentRecord | null): number {
  if (current === null) return 0;
  const failedCreation = current.provisioningState === 'Failed' && current.goodState === null;
  return failedCreation ? current.generation + 1 : current.generation;
}

/** The running operation, when it already works towards exactly this. */
async function findEqualUnderWay(
  transaction: Transaction,
  current: DeploymentRecord,
  desired: DesiredDeployment,
  allTraffic: boolean,
): Promise<OperationRecord | null> {
  const operation = current.operationId === null ? null : await findOperation(transaction, current.operationId);
  if (operation === null || operation.status !== 'running' || operation.targetSpecHash !== desired.specHash)
    return null;
  const equal =
    current.desiredState === 'run' &&
    (current.routeWhenReady !== null) === allTraffic &&
    isDeepStrictEqual([current.written, current.spec], [desired.written, desired.spec]);
  return equal ? operation : null;
}

async function startOperation(
  transaction: Transaction,
  actor: Actor,
  { key, current, allTraffic }: WriteDeployment,
  desired: DesiredDeployment,
): Promise<OperationRecord> {
  const operation = await insertOperation(transaction, {
    kind: current === null ? 'deployment.create' : 'deployment.update',
    endpointName: key.endpointName,
    deploymentName: key.name,
    actor: actor.name,
    targetSpecHash: desired.specHash,
    untouched: listUntouchedStages(current, desired, allTraffic),
  });
  const { model } = desired.spec;
  const message = model === null ? 'No model.' : `${model.name}, version ${model.version}.`;
  await updateStage(transaction, operation.id, STAGES.resolveModel, { status: 'succeeded', message });
  return (await findOperation(transaction, operation.id)) ?? operation;
}

async function create(
  transaction: Transaction,
  { key, allTraffic }: WriteDeployment,
  desired: DesiredDeployment,
  operationId: string,
): Promise<DeploymentRecord> {
  const siblings = await listDeployments(transaction, key.endpointName);
  if (siblings.length >= MAX_DEPLOYMENTS) {
    throw new AppError(
      'deployment.limit_reached',
      `Endpoint "${key.endpointName}" has ${siblings.length} deployments, as many as it may. Delete one first.`,
    );
  }
  const colourSlot = chooseColourSlot(
    key.name,
    siblings.map((sibling) => sibling.colourSlot),
  );
  return insertDeployment(transaction, {
    ...key,
    desired,
    routeWhenReady: allTraffic ? 100 : null,
    colourSlot,
    operationId,
  });
}

function stateWhileUpdating(
  current: DeploymentRecord,
  desired: DesiredDeployment,
): 'Creating' | 'Scaling' | 'Updating' {
  if (current.goodState === null) return 'Creating';
  const onlyCount = current.specHash === desired.specHash && current.spec.instanceCount !== desired.spec.instanceCount;
  return onlyCount ? 'Scaling' : 'Updating';
}

async function note(
  transaction: Transaction,
  actor: Actor,
  deployment: DeploymentRecord,
  operation: OperationRecord,
  created: boolean,
): Promise<void> {
  const { endpointName, name, spec, specHash, revision, provisioningState } = deployment;
  const object = deploymentPath(endpointName, name);
  const action = created ? 'deployment.create' : 'deployment.update';
  const detail = { operation: operation.id, spec_hash: specHash, instance_count: spec.instanceCount };
  await recordAudit(transaction, { actor, action, object, detail });
  const what = spec.model === null ? spec.kind : `${spec.model.name}:${spec.model.version}`;
  const scaling = provisioningState === 'Scaling';
  const instanceType = (await findInstanceType(transaction, spec.instanceType))?.name ?? spec.instanceType;
  await recordActivity(transaction, {
    endpointName,
    deploymentName: name,
    kind: scaling ? 'scale' : 'deploy',
    actor: actor.name,
    text: scaling
      ? `${name} is scaled to ${spec.instanceCount} instances.`
      : spec.external
        ? `${name} is being put in front of ${spec.external.urls.join(', ')}.`
        : `${what} is being deployed as ${name} on ${spec.instanceCount} × ${instanceType}.`,
    operationId: operation.id,
    revision,
  });
}
