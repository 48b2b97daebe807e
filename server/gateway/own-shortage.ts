import { type GatewayAnswer, gatewayAnswer, jitteredRetryAfter } from './gateway-answer.ts';

/** Errors of connect(2) and socket(2) that say nothing about the other side: this host or process is out of descriptors, ports or memory. */
const OWN_SHORTAGES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

/** The answer where a connection could not be made for want of something of our own, or null: then the instance is to blame. */
export function ownShortage(code: string): GatewayAnswer | null {
  if (!OWN_SHORTAGES.has(code)) return null;
  return gatewayAnswer('gateway.unavailable', 'internal', 'The gateway is short of descriptors, ports or memory.', {
    retryAfterSeconds: jitteredRetryAfter(),
  });
}
