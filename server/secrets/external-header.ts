import { openValue, sealValue } from './sealed-value.ts';

/** What a sealed field value is bound to, so that one copied to another deployment does not open. */
const contextOf = (deployment: string): string => `external/${deployment}`;

/**
 * Seals the value of a field that an external server is sent.
 * @param upstreamKey 32 bytes that the control plane and the gateway share
 * @param deployment `<endpoint>/<deployment>`, lower case
 */
export function sealExternalHeader(upstreamKey: Buffer, deployment: string, value: string): string {
  return sealValue(upstreamKey, contextOf(deployment), value);
}

/** @throws AppError platform.internal when it was sealed with another key or for another deployment */
export function openExternalHeader(upstreamKey: Buffer, deployment: string, sealed: string): string {
  return openValue(upstreamKey, contextOf(deployment), sealed);
}
