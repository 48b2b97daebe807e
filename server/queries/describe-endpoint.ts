import type { Endpoint } from '#lib/contracts/endpoint.ts';
import type { EndpointRecord } from '#server/domain/endpoint.ts';
import { presentEndpoint } from '#server/domain/present-endpoint.ts';
import { listDeployments } from '#server/store/deployment-store.ts';
import { loadPricing, type Pricing } from './load-pricing.ts';
import type { QueryContext } from './query-context.ts';

/** The answer for an endpoint's row: what a write answers with, at exactly the revision that it made. */
export async function describeEndpoint(
  context: Omit<QueryContext, 'routes'>,
  endpoint: EndpointRecord,
  pricing?: Pricing,
): Promise<Endpoint> {
  const { runRateOf, currency } = pricing ?? (await loadPricing(context));
  return presentEndpoint(endpoint, {
    deployments: await listDeployments(context.database, endpoint.name),
    gatewayUrl: context.gatewayUrl,
    runRateMicrosPerHour: runRateOf(endpoint.name),
    currency,
  });
}
