import type { Endpoint } from '#lib/contracts/endpoint.ts';

/** States that the filter offers, worst first; those that no endpoint has are left out where they are shown. */
export const ENDPOINT_STATE_IDS = [
  'all',
  'failed',
  'degraded',
  'updating',
  'deleting',
  'healthy',
  'no_traffic',
  'empty',
] as const satisfies readonly (Endpoint['state'] | 'all')[];

export type StateFilter = (typeof ENDPOINT_STATE_IDS)[number];
