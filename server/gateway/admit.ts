import { type GatewayAnswer, gatewayAnswer, jitteredRetryAfter } from './gateway-answer.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import type { RequestHead } from './http1/request-head.ts';
import type { EndpointRoute } from './route-index.ts';

/** Largest body that an endpoint takes, in bytes. */
export function maxBodyBytes(endpoint: EndpointRoute, settings: GatewaySettings): number {
  return endpoint.table.limits.maxBodyBytes ?? settings.maxBodyBytes;
}

export function bodyTooLarge(limit: number): GatewayAnswer {
  return gatewayAnswer('gateway.request_too_large', 'too_large', `The body is larger than ${limit} bytes.`);
}

/**
 * Decides whether an endpoint takes one more request: body size, requests a second, requests at once, in this order. Takes a token of the
 * rate limit; the caller counts the request in `state.inFlight` when the answer is null.
 */
export function admit(
  endpoint: EndpointRoute,
  head: RequestHead,
  settings: GatewaySettings,
  now: number,
): GatewayAnswer | null {
  const limit = maxBodyBytes(endpoint, settings);
  if (head.contentLength > limit) return bodyTooLarge(limit);
  const { rate, inFlight } = endpoint.state;
  if (rate !== null && !rate.tryTake(now)) {
    const { requestsPerSecond } = endpoint.table.limits;
    return gatewayAnswer(
      'gateway.rate_limited',
      'rate_limited',
      `This endpoint takes ${requestsPerSecond} requests a second (limits.requests_per_second).`,
      { retryAfterSeconds: jitteredRetryAfter(rate.waitMs(now) / 1000) },
    );
  }
  const { concurrency } = endpoint.table.limits;
  if (concurrency !== null && inFlight >= concurrency) {
    return gatewayAnswer(
      'gateway.concurrency_limited',
      'concurrency_limited',
      `This endpoint takes ${concurrency} requests at once (limits.concurrency).`,
      { retryAfterSeconds: jitteredRetryAfter() },
    );
  }
  return null;
}
