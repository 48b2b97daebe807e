import type { EndpointToken } from '#lib/contracts/endpoint.ts';

/** What somebody who holds a token should do now. @param now epoch milliseconds */
export function describeTokenAge(token: EndpointToken, now: number): string {
  if (now >= token.expiry_time_utc * 1000) return 'It has expired: get the next one.';
  if (now >= token.refresh_after_time_utc * 1000) return 'It is time to get the next one.';
  const minutes = Math.max(1, Math.round((token.refresh_after_time_utc * 1000 - now) / 60_000));
  return `Programs should get the next one in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.`;
}
