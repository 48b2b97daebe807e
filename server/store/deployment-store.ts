import { and, asc, eq, sql } from 'drizzle-orm';
import { deployments } from '#drizzle/schema/deployments.ts';
import { deploymentPath } from '#server/domain/resource-path.ts';
import type {
  DeploymentKey,
  DeploymentRecord,
  DeploymentStatus,
  DesiredDeployment,
} from '#server/domain/deployment.ts';
import { recordChange } from './change-feed.ts';
import type { Reader, Transaction } from './database.ts';
import { firstRevision, retireRevision } from './retired-revision.ts';

const isKey = (key: DeploymentKey) =>
  and(eq(deployments.endpointName, key.endpointName), eq(deployments.name, key.name));

export async function findDeployment(reader: Reader, key: DeploymentKey): Promise<DeploymentRecord | null> {
  return (reader.orm.select().from(deployments).where(isKey(key)).get() as DeploymentRecord | undefined) ?? null;
}

/** In the order in which they were made. */
export async function listDeployments(reader: Reader, endpointName: string): Promise<DeploymentRecord[]> {
  const rows = reader.orm
    .select()
    .from(deployments)
    .where(eq(deployments.endpointName, endpointName))
    .orderBy(asc(deployments.createdAt), asc(deployments.name))
    .all();
  return rows as DeploymentRecord[];
}

/** Of every endpoint; for what looks across them, as the users of a model. */
export async function listAllDeployments(reader: Reader): Promise<DeploymentRecord[]> {
  const rows = reader.orm
    .select()
    .from(deployments)
    .orderBy(asc(deployments.endpointName), asc(deployments.createdAt), asc(deployments.name))
    .all();
  return rows as DeploymentRecord[];
}

export interface NewDeployment extends DeploymentKey {
  desired: DesiredDeployment;
  routeWhenReady: number | null;
  colourSlot: number;
  operationId: string;
}

export async function insertDeployment(transaction: Transaction, made: NewDeployment): Promise<DeploymentRecord> {
  const { desired, ...rest } = made;
  const revision = await firstRevision(transaction);
  const row = transaction.orm
    .insert(deployments)
    .values({
      ...rest,
      ...desired,
      desiredState: 'run',
      revision,
      createdAt: transaction.now,
      updatedAt: transaction.now,
      provisioningState: 'Creating',
      readyInstances: 0,
    })
    .returning()
    .get();
  await recordChange(transaction, {
    resource: deploymentPath(made.endpointName, made.name),
    kind: 'created',
    revision,
  });
  return row as DeploymentRecord;
}

/** What a command may change. `provisioningState` is among it so that an intent shows at once; from then on the control plane derives it. */
export type DeploymentIntent = Partial<
  DesiredDeployment &
    Pick<DeploymentRecord, 'routeWhenReady' | 'desiredState' | 'operationId' | 'provisioningState' | 'error'>
>;

/** Changes desired columns and raises the revision. The caller has found the deployment in this transaction. */
export async function updateDeployment(
  transaction: Transaction,
  key: DeploymentKey,
  intent: DeploymentIntent,
): Promise<DeploymentRecord> {
  const row = transaction.orm
    .update(deployments)
    .set({ ...intent, revision: sql`${deployments.revision} + 1`, updatedAt: transaction.now })
    .where(isKey(key))
    .returning()
    .get() as DeploymentRecord | undefined;
  if (row === undefined) throw new Error(`Deployment ${key.endpointName}/${key.name} is gone.`);
  const resource = deploymentPath(key.endpointName, key.name);
  await recordChange(transaction, { resource, kind: 'updated', revision: row.revision });
  return row;
}

/** Writes what the control plane observed. The revision stays: nobody's intent changed. */
export async function writeDeploymentStatus(
  transaction: Transaction,
  key: DeploymentKey,
  status: Partial<DeploymentStatus>,
): Promise<void> {
  transaction.orm.update(deployments).set(status).where(isKey(key)).run();
  await recordChange(transaction, {
    resource: deploymentPath(key.endpointName, key.name),
    kind: 'status',
    revision: null,
  });
}

/** Remembers the desired state as the one to go back to, and that a share given on readiness has been given. */
export async function markDeploymentGood(transaction: Transaction, deployment: DeploymentRecord): Promise<void> {
  const { written, spec, specHash, generation } = deployment;
  const goodState: DesiredDeployment = { written, spec, specHash, generation };
  transaction.orm.update(deployments).set({ goodState, routeWhenReady: null }).where(isKey(deployment)).run();
}

/** Removes the row of a deployment whose instances are gone. */
export async function deleteDeployment(transaction: Transaction, key: DeploymentKey): Promise<void> {
  const gone = transaction.orm.delete(deployments).where(isKey(key)).returning().get();
  await retireRevision(transaction, gone);
  await recordChange(transaction, {
    resource: deploymentPath(key.endpointName, key.name),
    kind: 'deleted',
    revision: null,
  });
}
