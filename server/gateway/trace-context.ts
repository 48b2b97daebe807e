import { randomBytes } from 'node:crypto';

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ZERO_TRACE = '0'.repeat(32);
const ZERO_SPAN = '0'.repeat(16);
/** W3C Trace Context section 3.3.1.1: at least this much of tracestate is to be passed on. */
export const MAX_TRACESTATE_BYTES = 512;

/**
 * The traceparent to send on: the caller's trace with a span of our own, or a new trace where the caller's is not valid (W3C Trace Context section
 * 3.2.2: version `ff`, all-zero ids and a version 00 with more parts are not).
 * @returns the field value, and whether the caller's trace goes on (only then does its tracestate)
 */
export function continueTrace(received: string): { traceparent: string; continued: boolean } {
  const spanId = randomBytes(8).toString('hex');
  const match = TRACEPARENT.exec(received);
  const [, version, traceId, parentId, flags, more] = match ?? [];
  const valid =
    match !== null &&
    version !== 'ff' &&
    traceId !== ZERO_TRACE &&
    parentId !== ZERO_SPAN &&
    !(version === '00' && more !== undefined);
  if (!valid) return { traceparent: `00-${randomBytes(16).toString('hex')}-${spanId}-01`, continued: false };
  // A version that is not known is sent on as the one that is (section 4.3); of the flags only "sampled" has a meaning in it.
  const sampled = (Number.parseInt(flags as string, 16) & 1) === 1 ? '01' : '00';
  return { traceparent: `00-${traceId}-${spanId}-${sampled}`, continued: true };
}
