import { type GatewayAnswer, gatewayAnswer, jitteredRetryAfter } from './gateway-answer.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import type { LimitVerdict } from './limit-keeper.ts';
import type { EndpointRoute } from './route-index.ts';

/** Largest body that an endpoint takes, in bytes. */
export function maxBodyBytes(endpoint: EndpointRoute, settings: GatewaySettings): number {
  const { maxBodyBytes, perKey } = endpoint.table.limits;
  return Math.min(maxBodyBytes ?? settings.maxBodyBytes, perKey?.maxBodyBytes ?? Infinity);
}

export function bodyTooLarge(limit: number): GatewayAnswer {
  return gatewayAnswer('gateway.request_too_large', 'too_large', `The body is larger than ${limit} bytes.`);
}

/** The answer to a request that limits do not admit; null when they do. It names the limit, so that its owner knows what to raise. */
export function refusalOf(endpoint: EndpointRoute, verdict: LimitVerdict): GatewayAnswer | null {
  if (verdict.kind === 'admitted') return null;
  const { limits } = endpoint.table;
  const [who, limit, path] =
    verdict.scope === 'endpoint'
      ? ['This endpoint takes', limits, 'limits']
      : ['This endpoint takes from each key', limits.perKey, 'limits.per_key'];
  if (verdict.kind === 'rate_limited') {
    return gatewayAnswer(
      'gateway.rate_limited',
      'rate_limited',
      `${who} ${requests(limit?.requestsPerSecond)} a second (${path}.requests_per_second).`,
      { retryAfterSeconds: jitteredRetryAfter(verdict.waitMs / 1000) },
    );
  }
  return gatewayAnswer(
    'gateway.concurrency_limited',
    'concurrency_limited',
    `${who} ${requests(limit?.concurrency)} at once (${path}.concurrency).`,
    { retryAfterSeconds: jitteredRetryAfter() },
  );
}

const requests = (count: number | null | undefined): string => (count === 1 ? '1 request' : `${count} requests`);
