import type { CostQuery, CostResult, CostRow } from '#lib/contracts/cost.ts';
import {
  accrueCost,
  type AccruedRow,
  type InstanceUse,
  type PriceStep,
  runRateMicrosPerHour,
} from '#server/cost/accrue-cost.ts';
import type { Actor } from '#server/domain/actor.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import { listCapacityIntervals } from '#server/store/instance-store.ts';
import { listPrices } from '#server/store/instance-type-store.ts';
import type { QueryContext } from './query-context.ts';

/** Rows of an answer stay within this; a longer range needs a coarser granularity. */
const MAX_PERIODS = 5_000;
const MS_PER_HOUR = 3_600_000;
const DEFAULT_CURRENCY = 'USD';

/**
 * What ran and what it cost. Everything comes from lifecycle events and the prices in force then, so the answer for a past range never changes.
 * @throws AppError request.invalid for an empty or too fine range
 */
export async function queryCosts(context: QueryContext, actor: Actor, query: CostQuery): Promise<CostResult> {
  authorize(actor, 'costs.read', '/costs');
  const now = context.clock.now();
  const [from, to] = [Date.parse(query.from), Date.parse(query.to)];
  refuseBadRange(from, to, query.granularity);

  const only = {
    ...(query.endpoint && { endpointName: query.endpoint.toLowerCase() }),
    deploymentName: query.deployment?.toLowerCase(),
  };
  const [used, running, prices] = await Promise.all([
    listCapacityIntervals(context.database, { from, to }, only),
    listCapacityIntervals(context.database, { from: now, to: now + 1 }, only),
    listPrices(context.database),
  ]);
  const { rows, totalMicros } = accrueCost(used.map(toUse), prices, {
    from,
    to,
    now,
    granularity: query.granularity,
    groupBy: query.group_by,
  });
  const currency = prices.at(-1)?.currency ?? DEFAULT_CURRENCY;
  return {
    items: rows.map((row) => presentRow(row, currency)),
    next_cursor: null,
    total_micros: totalMicros,
    currency,
    run_rate_micros_per_hour: runRateMicrosPerHour(running.map(toUse), prices, now),
    complete_to: formatInstant(Math.min(to, now)),
  };
}

function refuseBadRange(from: number, to: number, granularity: CostQuery['granularity']): void {
  const refuse = (message: string): never => {
    throw new AppError('request.invalid', `?to ${message}.`, { errors: [{ path: '?to', message }] });
  };
  if (to <= from) refuse('must be after ?from');
  if (granularity === 'hour' && (to - from) / MS_PER_HOUR > MAX_PERIODS)
    refuse(`must be within ${MAX_PERIODS} hours of ?from at this granularity`);
}

function toUse(interval: Awaited<ReturnType<typeof listCapacityIntervals>>[number]): InstanceUse {
  const { endpointName, deploymentName, instanceType, startedAt, stoppedAt } = interval;
  return { endpoint: endpointName, deployment: deploymentName, instanceType, startedAt, stoppedAt };
}

function presentRow(row: AccruedRow, currency: string): CostRow {
  return {
    period_start: formatInstant(row.period.start),
    period_end: formatInstant(row.period.end),
    ...row.labels,
    cost_micros: row.costMicros,
    currency,
    instance_seconds: row.instanceMs / 1000,
    prices: row.parts.map(presentPart),
  };
}

function presentPart(part: PriceStep & { instanceMs: number }): CostRow['prices'][number] {
  return {
    instance_type: part.instanceType,
    price_per_hour_micros: part.pricePerHourMicros,
    instance_seconds: part.instanceMs / 1000,
    effective_from: formatInstant(part.effectiveFrom),
  };
}
