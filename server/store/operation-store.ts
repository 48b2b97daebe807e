import { and, asc, desc, eq, gte, inArray, isNull, lt, or } from 'drizzle-orm';
import type { OperationKind, OperationStatus } from '#lib/contracts/operation.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { operationStages } from '#drizzle/schema/operation-stages.ts';
import { operations } from '#drizzle/schema/operations.ts';
import { newId } from '#server/kernel/ids.ts';
import { STAGES_OF, type OperationRecord, type StageName, type StageRecord } from '#server/domain/operation.ts';
import { deploymentPath, endpointPath, operationPath } from '#server/domain/resource-path.ts';
import { recordChange } from './change-feed.ts';
import type { Reader, Transaction } from './database.ts';

type Row = typeof operations.$inferSelect;

export async function findOperation(reader: Reader, id: string): Promise<OperationRecord | null> {
  const row = reader.orm.select().from(operations).where(eq(operations.id, id)).get();
  return row === undefined ? null : (withStages(reader, [row])[0] ?? null);
}

export interface OperationFilter {
  status?: OperationStatus | undefined;
  /** A resource's path; what lies below it is included. */
  resource?: string | undefined;
  /** Id of the last one already seen. */
  before?: string | null | undefined;
  limit: number;
}

/** The resource itself, or a path below it: `0` is what follows `/` in ASCII. */
const isAtOrBelow = (resource: string) =>
  or(
    eq(operations.resource, resource),
    and(gte(operations.resource, `${resource}/`), lt(operations.resource, `${resource}0`)),
  );

/** Newest first. */
export async function listOperations(reader: Reader, filter: OperationFilter): Promise<OperationRecord[]> {
  const rows = reader.orm
    .select()
    .from(operations)
    .where(
      and(
        filter.status === undefined ? undefined : eq(operations.status, filter.status),
        filter.resource === undefined ? undefined : isAtOrBelow(filter.resource),
        filter.before ? lt(operations.id, filter.before) : undefined,
      ),
    )
    .orderBy(desc(operations.id))
    .limit(filter.limit)
    .all();
  return withStages(reader, rows);
}

/** Running operations of an endpoint and its deployments, oldest first. */
export async function listRunningOperations(reader: Reader, endpointName?: string): Promise<OperationRecord[]> {
  const rows = reader.orm
    .select()
    .from(operations)
    .where(
      and(
        eq(operations.status, 'running'),
        endpointName === undefined ? undefined : eq(operations.endpointName, endpointName),
      ),
    )
    .orderBy(asc(operations.id))
    .all();
  return withStages(reader, rows);
}

/** Durations in milliseconds of the newest finished operations of a kind that ended well. */
export async function listOperationDurations(reader: Reader, kind: OperationKind, limit: number): Promise<number[]> {
  const rows = reader.orm
    .select({ createdAt: operations.createdAt, finishedAt: operations.finishedAt })
    .from(operations)
    .where(and(eq(operations.kind, kind), eq(operations.status, 'succeeded')))
    .orderBy(desc(operations.id))
    .limit(limit)
    .all();
  return rows.flatMap((row) => (row.finishedAt === null ? [] : [row.finishedAt - row.createdAt]));
}

export interface NewOperation {
  kind: OperationKind;
  endpointName: string;
  deploymentName: string | null;
  actor: string;
  targetSpecHash?: string | null;
  targetRouteRevision?: number | null;
  /** Stages in which there is nothing to do. */
  untouched?: readonly StageName[];
}

/** Starts an operation with its stages pending, or skipped where there is nothing to do. Earlier running operations of the same resource end `superseded`. */
export async function insertOperation(transaction: Transaction, made: NewOperation): Promise<OperationRecord> {
  const { endpointName, deploymentName } = made;
  await supersedeOperations(transaction, endpointName, deploymentName);
  const resource = deploymentName === null ? endpointPath(endpointName) : deploymentPath(endpointName, deploymentName);
  return insertRow(transaction, made, resource);
}

/** Starts the registration of a model version. An earlier one of the same version ends `superseded`. */
export async function insertRegistration(
  transaction: Transaction,
  { resource, actor }: { resource: string; actor: string },
): Promise<OperationRecord> {
  const isSame = and(eq(operations.status, 'running'), eq(operations.resource, resource));
  const earlier = transaction.orm.select({ id: operations.id }).from(operations).where(isSame).all();
  for (const { id } of earlier) await finishOperation(transaction, id, 'superseded', null);
  return insertRow(transaction, { kind: 'model.register', endpointName: '', deploymentName: null, actor }, resource);
}

/** Running registrations of model versions, oldest first. */
export const listRunningRegistrations = (reader: Reader): Promise<OperationRecord[]> =>
  listRunningOperations(reader, '');

async function insertRow(
  transaction: Transaction,
  { untouched = [], ...made }: NewOperation,
  resource: string,
): Promise<OperationRecord> {
  const id = newId('op', transaction.now);
  const row = transaction.orm
    .insert(operations)
    .values({ ...made, id, resource, status: 'running', createdAt: transaction.now })
    .returning()
    .get();
  const stages = STAGES_OF[made.kind].map((name, position) => ({
    operationId: id,
    position,
    name,
    status: untouched.includes(name) ? 'skipped' : 'pending',
    message: '',
  }));
  transaction.orm.insert(operationStages).values(stages).run();
  await recordChange(transaction, { resource: operationPath(id), kind: 'created', revision: null });
  return withStages(transaction, [row])[0] as OperationRecord;
}

/** Ends the running operations of a resource as `superseded`; of an endpoint only its own, not those of its deployments. */
export async function supersedeOperations(
  transaction: Transaction,
  endpointName: string,
  deploymentName: string | null,
): Promise<void> {
  const rows = transaction.orm
    .select({ id: operations.id })
    .from(operations)
    .where(
      and(
        eq(operations.status, 'running'),
        eq(operations.endpointName, endpointName),
        deploymentName === null ? isNull(operations.deploymentName) : eq(operations.deploymentName, deploymentName),
      ),
    )
    .all();
  for (const { id } of rows) await finishOperation(transaction, id, 'superseded', null);
}

export type StageChange = Partial<Pick<StageRecord, 'status' | 'progress' | 'message'>>;

/** Changes one stage; the times follow from the status. An unknown stage name is a fault of the caller. */
export async function updateStage(
  transaction: Transaction,
  operationId: string,
  name: StageName,
  change: StageChange,
): Promise<void> {
  const stage = transaction.orm
    .select()
    .from(operationStages)
    .where(and(eq(operationStages.operationId, operationId), eq(operationStages.name, name)))
    .get();
  if (stage === undefined) throw new Error(`Operation ${operationId} has no stage "${name}".`);
  const status = change.status ?? stage.status;
  const began = status === 'running' || status === 'succeeded' || status === 'failed';
  const ended = status === 'succeeded' || status === 'failed' || status === 'skipped';
  transaction.orm
    .update(operationStages)
    .set({
      ...change,
      startedAt: began ? (stage.startedAt ?? transaction.now) : stage.startedAt,
      finishedAt: ended ? (stage.finishedAt ?? transaction.now) : null,
    })
    .where(and(eq(operationStages.operationId, operationId), eq(operationStages.position, stage.position)))
    .run();
  await recordChange(transaction, { resource: operationPath(operationId), kind: 'status', revision: null });
}

/** Ends an operation. Stages that still run end as it does; pending ones end `skipped`. Does nothing when it has already ended. */
export async function finishOperation(
  transaction: Transaction,
  id: string,
  status: Exclude<OperationStatus, 'running'>,
  error: Problem | null,
): Promise<void> {
  const { changes } = transaction.orm
    .update(operations)
    .set({ status, error, finishedAt: transaction.now })
    .where(and(eq(operations.id, id), eq(operations.status, 'running')))
    .run();
  if (changes === 0) return;
  const runningEndsAs = status === 'succeeded' ? 'succeeded' : status === 'failed' ? 'failed' : 'skipped';
  const endStages = (from: string, to: string): void => {
    transaction.orm
      .update(operationStages)
      .set({ status: to, finishedAt: transaction.now })
      .where(and(eq(operationStages.operationId, id), eq(operationStages.status, from)))
      .run();
  };
  endStages('running', runningEndsAs);
  endStages('pending', 'skipped');
  await recordChange(transaction, { resource: operationPath(id), kind: 'updated', revision: null });
}

function withStages(reader: Reader, rows: readonly Row[]): OperationRecord[] {
  if (rows.length === 0) return [];
  const stages = reader.orm
    .select()
    .from(operationStages)
    .where(
      inArray(
        operationStages.operationId,
        rows.map((row) => row.id),
      ),
    )
    .orderBy(asc(operationStages.position))
    .all();
  return rows.map((row) => {
    const own = stages.filter((stage) => stage.operationId === row.id);
    return { ...row, stages: own.map(toStage) } as OperationRecord;
  });
}

function toStage(row: typeof operationStages.$inferSelect): StageRecord {
  const { name, status, startedAt, finishedAt, progress, message } = row;
  return { name, status, startedAt, finishedAt, progress, message } as StageRecord;
}
