import type { Deployment } from '#lib/contracts/deployment.ts';
import type { DeploymentRecord } from '#server/domain/deployment.ts';
import type { EndpointRecord } from '#server/domain/endpoint.ts';
import { presentDeployment } from '#server/domain/present-deployment.ts';
import { findInstanceType } from '#server/store/instance-type-store.ts';
import { loadPricing, type Pricing } from './load-pricing.ts';
import type { QueryContext } from './query-context.ts';

/** The answer for a deployment's row. */
export async function describeDeployment(
  context: Pick<QueryContext, 'database' | 'clock'>,
  endpoint: EndpointRecord,
  deployment: DeploymentRecord,
  pricing?: Pricing,
): Promise<Deployment> {
  const { priceOf, runRateOf } = pricing ?? (await loadPricing(context));
  const { instanceType } = deployment.spec;
  const price = priceOf(instanceType);
  return presentDeployment(deployment, {
    endpoint,
    instanceTypeName: (await findInstanceType(context.database, instanceType))?.name ?? instanceType,
    pricePerHourMicros: price.pricePerHourMicros,
    runRateMicrosPerHour: runRateOf(endpoint.name, deployment.name),
    currency: price.currency,
  });
}
