import { priceAt, runRateMicrosPerHour, type InstanceUse, type PriceStep } from '#server/cost/accrue-cost.ts';
import type { InstanceTypePrice } from '#server/domain/instance-type.ts';
import type { CapacityInterval } from '#server/domain/instance.ts';
import { mainCurrency } from '#server/domain/main-currency.ts';
import { listCapacityIntervals } from '#server/store/instance-store.ts';
import { instanceTypeKey, listPrices } from '#server/store/instance-type-store.ts';
import type { QueryContext } from './query-context.ts';

/** What things cost at this instant, for answers that show a price or a run rate. */
export interface Pricing {
  /** Price in force of an instance type; 0 where it has none. */
  priceOf(instanceType: string): { pricePerHourMicros: number; currency: string };
  /** Micro-units per hour of what holds capacity now, also of deployments that failed. */
  runRateOf(endpoint: string, deployment?: string): number;
  currency: string;
}

export async function loadPricing({ database, clock }: Pick<QueryContext, 'database' | 'clock'>): Promise<Pricing> {
  const now = clock.now();
  const prices = await listPrices(database);
  const running = (await listCapacityIntervals(database, { from: now, to: now + 1 })).map(toUse);
  const currency = mainCurrency(prices);
  return {
    priceOf: (instanceType) => priceOf(prices, instanceType, now) ?? { pricePerHourMicros: 0, currency },
    runRateOf(endpoint, deployment) {
      const own = running.filter(
        (use) => use.endpoint === endpoint && (deployment === undefined || use.deployment === deployment),
      );
      return runRateMicrosPerHour(own, prices, now);
    },
    currency,
  };
}

function priceOf(
  prices: readonly InstanceTypePrice[],
  instanceType: string,
  now: number,
): InstanceTypePrice | undefined {
  const key = instanceTypeKey(instanceType);
  const own = prices.filter((price) => price.instanceType === key);
  return priceAt(own satisfies readonly PriceStep[], now) as InstanceTypePrice | undefined;
}

export function toUse(interval: CapacityInterval): InstanceUse {
  const { endpointName, deploymentName, instanceType, startedAt, stoppedAt } = interval;
  return { endpoint: endpointName, deployment: deploymentName, instanceType, startedAt, stoppedAt };
}
