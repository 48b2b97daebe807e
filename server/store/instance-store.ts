import { and, asc, eq, gt, isNull, lt, or } from 'drizzle-orm';
import { instanceEvents } from '#drizzle/schema/instance-events.ts';
import { instances } from '#drizzle/schema/instances.ts';
import type { DeploymentKey } from '#server/domain/deployment.ts';
import {
  UNOBSERVED,
  type CapacityInterval,
  type InstanceObservation,
  type InstanceRecord,
} from '#server/domain/instance.ts';
import { deploymentPath } from '#server/domain/resource-path.ts';
import { recordChange } from './change-feed.ts';
import type { Reader, Transaction } from './database.ts';

/** Oldest first, of a whole endpoint or of one deployment. */
export async function listInstances(
  reader: Reader,
  endpointName: string,
  deploymentName?: string,
): Promise<InstanceRecord[]> {
  const rows = reader.orm
    .select()
    .from(instances)
    .where(
      and(
        eq(instances.endpointName, endpointName),
        deploymentName === undefined ? undefined : eq(instances.deploymentName, deploymentName),
      ),
    )
    .orderBy(asc(instances.createdAt), asc(instances.id))
    .all();
  return rows as InstanceRecord[];
}

/** Every instance there is, oldest first. */
export async function listAllInstances(reader: Reader): Promise<InstanceRecord[]> {
  return reader.orm
    .select()
    .from(instances)
    .orderBy(asc(instances.createdAt), asc(instances.id))
    .all() as InstanceRecord[];
}

export type NewInstance = Pick<InstanceRecord, 'id' | 'endpointName' | 'deploymentName' | 'specHash' | 'spec'>;

/** Makes the row before anything is started, and begins to count its cost: from here on it holds capacity. */
export async function insertInstance(transaction: Transaction, made: NewInstance): Promise<InstanceRecord> {
  const row = transaction.orm
    .insert(instances)
    .values({ ...made, ...UNOBSERVED, desired: 'run', drainingSince: null, createdAt: transaction.now })
    .returning()
    .get();
  transaction.orm
    .insert(instanceEvents)
    .values({
      instanceId: made.id,
      endpointName: made.endpointName,
      deploymentName: made.deploymentName,
      instanceType: made.spec.instanceType,
      startedAt: transaction.now,
    })
    .run();
  await recordInstanceChange(transaction, row);
  return row as InstanceRecord;
}

/** Says that an instance is to go. `drainingSince` is set once it has left the route table. */
export async function markInstance(
  transaction: Transaction,
  id: string,
  change: Partial<Pick<InstanceRecord, 'desired' | 'drainingSince' | 'spec' | 'specHash'>>,
): Promise<void> {
  const row = transaction.orm.update(instances).set(change).where(eq(instances.id, id)).returning().get();
  if (row !== undefined) await recordInstanceChange(transaction, row);
}

/** Writes what the driver observed. */
export async function writeInstanceObservation(
  transaction: Transaction,
  id: string,
  observation: Partial<InstanceObservation>,
): Promise<void> {
  const row = transaction.orm.update(instances).set(observation).where(eq(instances.id, id)).returning().get();
  if (row !== undefined) await recordInstanceChange(transaction, row);
}

/** Removes the row of an instance that is gone, and ends its cost. Its capacity interval stays for ever. */
export async function deleteInstance(transaction: Transaction, id: string): Promise<void> {
  const row = transaction.orm.delete(instances).where(eq(instances.id, id)).returning().get();
  transaction.orm
    .update(instanceEvents)
    .set({ stoppedAt: transaction.now })
    .where(and(eq(instanceEvents.instanceId, id), isNull(instanceEvents.stoppedAt)))
    .run();
  if (row !== undefined) await recordInstanceChange(transaction, row);
}

async function recordInstanceChange(
  transaction: Transaction,
  row: { endpointName: string; deploymentName: string },
): Promise<void> {
  const resource = deploymentPath(row.endpointName, row.deploymentName);
  await recordChange(transaction, { resource, kind: 'status', revision: null });
}

/** Capacity intervals that touch `[from, to)`, oldest first. */
export async function listCapacityIntervals(
  reader: Reader,
  range: { from: number; to: number },
  only: Partial<Pick<DeploymentKey, 'endpointName'>> & { deploymentName?: string | undefined } = {},
): Promise<CapacityInterval[]> {
  const rows = reader.orm
    .select()
    .from(instanceEvents)
    .where(
      and(
        lt(instanceEvents.startedAt, range.to),
        or(isNull(instanceEvents.stoppedAt), gt(instanceEvents.stoppedAt, range.from)),
        only.endpointName === undefined ? undefined : eq(instanceEvents.endpointName, only.endpointName),
        only.deploymentName === undefined ? undefined : eq(instanceEvents.deploymentName, only.deploymentName),
      ),
    )
    .orderBy(asc(instanceEvents.startedAt), asc(instanceEvents.id))
    .all();
  return rows;
}
