import type { Operation, OperationKind, Stage } from '#lib/contracts/operation.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import type { OperationRecord, StageRecord } from '#server/domain/operation.ts';
import { listOperationDurations } from '#server/store/operation-store.ts';
import type { QueryContext } from './query-context.ts';

/** Fewer tell nothing about the next one. */
const MIN_DURATIONS = 5;
const MAX_DURATIONS = 50;

/** The answer for an operation's row. */
export async function describeOperation(
  { database }: Pick<QueryContext, 'database'>,
  operation: OperationRecord,
): Promise<Operation> {
  const durations = await listOperationDurations(database, operation.kind, MAX_DURATIONS);
  return present(operation, expectedDuration(durations));
}

/** Of several operations, looking at each kind once. */
export async function describeOperations(
  { database }: Pick<QueryContext, 'database'>,
  operations: readonly OperationRecord[],
): Promise<Operation[]> {
  const expected = new Map<OperationKind, Operation['expected_ms']>();
  for (const { kind } of operations) {
    if (expected.has(kind)) continue;
    expected.set(kind, expectedDuration(await listOperationDurations(database, kind, MAX_DURATIONS)));
  }
  return operations.map((operation) => present(operation, expected.get(operation.kind) ?? null));
}

/** Median and 90th percentile, by nearest rank. */
export function expectedDuration(durations: readonly number[]): Operation['expected_ms'] {
  if (durations.length < MIN_DURATIONS) return null;
  const sorted = durations.toSorted((a, b) => a - b);
  const rank = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { p50: rank(0.5), p90: rank(0.9) };
}

function present(operation: OperationRecord, expected: Operation['expected_ms']): Operation {
  return {
    id: operation.id,
    kind: operation.kind,
    resource: operation.resource,
    status: operation.status,
    stages: operation.stages.map(presentStage),
    error: operation.error,
    actor: operation.actor,
    created_at: formatInstant(operation.createdAt),
    finished_at: operation.finishedAt === null ? null : formatInstant(operation.finishedAt),
    expected_ms: expected,
  };
}

function presentStage(stage: StageRecord): Stage {
  return {
    name: stage.name,
    status: stage.status,
    started_at: stage.startedAt === null ? null : formatInstant(stage.startedAt),
    finished_at: stage.finishedAt === null ? null : formatInstant(stage.finishedAt),
    progress: stage.progress,
    message: stage.message,
  };
}
