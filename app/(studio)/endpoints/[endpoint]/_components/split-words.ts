import type { TrafficMap } from '#lib/contracts/endpoint.ts';

/** `blue 90 %, green 10 %`. */
export function sayTraffic({ traffic }: { traffic: TrafficMap }): string {
  return listShares(traffic) ?? 'paused';
}

/** `copies to green 10 %`; null where nothing is mirrored. */
export function sayMirrors({ mirror_traffic: copies }: { mirror_traffic: TrafficMap }): string | null {
  const shares = listShares(copies);
  return shares === null ? null : `copies to ${shares}`;
}

function listShares(shares: TrafficMap): string | null {
  const given = Object.entries(shares).filter(([, percent]) => percent > 0);
  return given.length === 0 ? null : given.map(([name, percent]) => `${name} ${percent} %`).join(', ');
}
