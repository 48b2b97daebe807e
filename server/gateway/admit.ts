import { type GatewayAnswer, gatewayAnswer, jitteredRetryAfter } from './gateway-answer.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import type { LimitVerdict } from './limit-keeper.ts';
import type { EndpointRoute } from './route-index.ts';

/** Largest body that an endpoint takes, in bytes. */
export function maxBodyBytes(endpoint: EndpointRoute, settings: GatewaySettings): number {
  return endpoint.table.limits.maxBodyBytes ?? settings.maxBodyBytes;
}

export function bodyTooLarge(limit: number): GatewayAnswer {
  return gatewayAnswer('gateway.request_too_large', 'too_large', `The body is larger than ${limit} bytes.`);
}

/** The answer to a request that an endpoint's limits do not admit; null when they do. It names the limit, so that its owner knows what to raise. */
export function refusalOf(endpoint: EndpointRoute, verdict: LimitVerdict): GatewayAnswer | null {
  const { requestsPerSecond, concurrency } = endpoint.table.limits;
  if (verdict.kind === 'rate_limited') {
    return gatewayAnswer(
      'gateway.rate_limited',
      'rate_limited',
      `This endpoint takes ${requestsPerSecond} requests a second (limits.requests_per_second).`,
      { retryAfterSeconds: jitteredRetryAfter(verdict.waitMs / 1000) },
    );
  }
  if (verdict.kind === 'concurrency_limited') {
    return gatewayAnswer(
      'gateway.concurrency_limited',
      'concurrency_limited',
      `This endpoint takes ${concurrency} requests at once (limits.concurrency).`,
      { retryAfterSeconds: jitteredRetryAfter() },
    );
  }
  return null;
}
