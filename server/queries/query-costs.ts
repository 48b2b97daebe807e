import type { CostQuery, CostResult, CostRow } from '#lib/contracts/cost.ts';
import {
  accrueCost,
  type AccruedRow,
  type CostQuestion,
  type InstanceUse,
  type PriceStep,
  runRateMicrosPerHour,
} from '#server/cost/accrue-cost.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { InstanceTypePrice } from '#server/domain/instance-type.ts';
import { mainCurrency } from '#server/domain/main-currency.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import { listCapacityIntervals } from '#server/store/instance-store.ts';
import { instanceTypeKey, listInstanceTypes, listPrices } from '#server/store/instance-type-store.ts';
import { fillRange, type OpenRange } from './fill-range.ts';
import { toUse } from './load-pricing.ts';
import type { QueryContext } from './query-context.ts';

/** Rows of an answer stay within this; a longer range needs a coarser granularity. */
const MAX_PERIODS = 5_000;
const MS_PER_HOUR = 3_600_000;
const DEFAULT_SPAN_MS = 30 * 24 * MS_PER_HOUR;

/**
 * What ran and what it cost. Everything comes from lifecycle events and the prices in force then, so the answer for a past range never changes.
 * @throws AppError request.invalid for an empty or too fine range
 */
export async function queryCosts(
  context: QueryContext,
  actor: Actor,
  asked: Omit<CostQuery, 'from' | 'to'> & OpenRange,
): Promise<CostResult> {
  authorize(actor, 'costs.read', '/costs');
  const now = context.clock.now();
  const query = fillRange(asked, now, DEFAULT_SPAN_MS);
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
  const types = new Map((await listInstanceTypes(context.database)).map(({ name }) => [instanceTypeKey(name), name]));
  const question = { from, to, now, granularity: query.granularity, groupBy: query.group_by };
  const currency = mainCurrency(prices);
  const answers = listCurrencies(prices, currency).map((one) => ({
    currency: one,
    rows: accrueIn(one, used.map(toUse), prices, question, one === currency),
    runRate: runRateMicrosPerHour(running.map(toUse), pricesIn(one, prices), now),
  }));
  const totals = answers
    .map(({ currency: one, rows, runRate }) => ({
      currency: one,
      cost_micros: rows.reduce((sum, row) => sum + row.costMicros, 0),
      run_rate_micros_per_hour: runRate,
    }))
    .filter((total) => total.currency === currency || total.cost_micros > 0 || total.run_rate_micros_per_hour > 0);
  const [main] = totals;
  return {
    items: answers.flatMap(({ currency: one, rows }) => rows.map((row) => presentRow(row, one, types))),
    next_cursor: null,
    total_micros: main?.cost_micros ?? 0,
    currency,
    run_rate_micros_per_hour: main?.run_rate_micros_per_hour ?? 0,
    totals,
    complete_to: formatInstant(Math.min(to, now)),
  };
}

/** The main one first. */
function listCurrencies(prices: readonly InstanceTypePrice[], main: string): string[] {
  return [...new Set([main, ...prices.map(({ currency }) => currency)])];
}

/** Time at a price of another currency costs nothing in this one. */
function pricesIn(currency: string, prices: readonly InstanceTypePrice[]): InstanceTypePrice[] {
  return prices.map((price) => (price.currency === currency ? price : { ...price, pricePerHourMicros: 0 }));
}

/** Rows of what ran at prices of one currency; what has no price at all is told with the main one. */
function accrueIn(
  currency: string,
  uses: readonly InstanceUse[],
  prices: readonly InstanceTypePrice[],
  question: CostQuestion,
  isMain: boolean,
): AccruedRow[] {
  const { rows } = accrueCost(uses, pricesIn(currency, prices), question);
  const isOwn = (part: PriceStep): boolean =>
    prices.some(
      (price) =>
        price.currency === currency &&
        price.instanceType === part.instanceType &&
        price.effectiveFrom === part.effectiveFrom,
    );
  return rows.flatMap((row) => {
    const foreignMs = row.parts.filter((part) => !isOwn(part)).reduce((sum, { instanceMs }) => sum + instanceMs, 0);
    const parts = row.parts.filter(isOwn);
    if (parts.length === 0 && !(isMain && row.instanceMs > foreignMs)) return [];
    const pricedMs = parts.reduce((sum, { instanceMs }) => sum + instanceMs, 0);
    return [{ ...row, parts, instanceMs: isMain ? row.instanceMs - foreignMs : pricedMs }];
  });
}

function refuseBadRange(from: number, to: number, granularity: CostQuery['granularity']): void {
  const refuse = (message: string): never => {
    throw new AppError('request.invalid', `?to ${message}.`, { errors: [{ path: '?to', message }] });
  };
  if (to <= from) refuse('must be after ?from');
  if (granularity === 'hour' && (to - from) / MS_PER_HOUR > MAX_PERIODS)
    refuse(`must be within ${MAX_PERIODS} hours of ?from at this granularity`);
}

function presentRow(row: AccruedRow, currency: string, types: ReadonlyMap<string, string>): CostRow {
  const { instance_type: type, ...labels } = row.labels;
  return {
    period_start: formatInstant(row.period.start),
    period_end: formatInstant(row.period.end),
    ...labels,
    ...(type !== undefined && { instance_type: types.get(type) ?? type }),
    cost_micros: row.costMicros,
    currency,
    instance_seconds: row.instanceMs / 1000,
    prices: row.parts.map((part) => presentPart(part, types.get(part.instanceType) ?? part.instanceType)),
  };
}

function presentPart(part: PriceStep & { instanceMs: number }, instanceType: string): CostRow['prices'][number] {
  return {
    instance_type: instanceType,
    price_per_hour_micros: part.pricePerHourMicros,
    instance_seconds: part.instanceMs / 1000,
    effective_from: formatInstant(part.effectiveFrom),
  };
}
