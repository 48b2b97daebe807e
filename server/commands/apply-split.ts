import { AppError } from '#server/kernel/app-error.ts';
import type { TrafficMap } from '#lib/contracts/endpoint.ts';
import type { Actor } from '#server/domain/actor.ts';
import { checkSplit } from '#server/domain/check-split.ts';
import type { EndpointRecord, Split } from '#server/domain/endpoint.ts';
import { recordActivity } from '#server/store/activity-store.ts';
import type { Transaction } from '#server/store/database.ts';
import { listDeployments, updateDeployment } from '#server/store/deployment-store.ts';
import { setTraffic } from '#server/store/endpoint-store.ts';

/** What is left out stays as it is. */
export interface WantedSplit {
  traffic?: TrafficMap | undefined;
  mirrorTraffic?: TrafficMap | undefined;
  reason?: string | undefined;
}

/**
 * Checks and stores a split in the caller's transaction; an equal one changes nothing.
 * @throws AppError `traffic.…`
 */
export async function applySplit(
  transaction: Transaction,
  actor: Actor,
  endpoint: EndpointRecord,
  wanted: WantedSplit,
): Promise<EndpointRecord> {
  const split: Split = {
    traffic: wanted.traffic ?? endpoint.traffic,
    mirrorTraffic: wanted.mirrorTraffic ?? endpoint.mirrorTraffic,
  };
  const deployments = await listDeployments(transaction, endpoint.name);
  const fault = checkSplit(split, endpoint, deployments);
  if (fault !== null) {
    const { code, detail, path } = fault;
    throw new AppError(code, detail, { errors: [{ path, message: detail }] });
  }
  if (sameSplit(split, endpoint)) return endpoint;
  await giveUpWaitingShares(transaction, endpoint.name);
  const reason = wanted.reason ?? '';
  const changed = await setTraffic(transaction, endpoint.name, split, { actor: actor.name, reason });
  await recordActivity(transaction, {
    endpointName: endpoint.name,
    deploymentName: null,
    kind: 'traffic',
    actor: actor.name,
    text: describeSplit(changed),
    operationId: null,
    revision: changed.revision,
  });
  return changed;
}

/** A share that a deployment was to get by itself once ready is given up: the newer wish wins. */
export async function giveUpWaitingShares(transaction: Transaction, endpointName: string): Promise<void> {
  for (const { name, routeWhenReady } of await listDeployments(transaction, endpointName)) {
    if (routeWhenReady !== null) await updateDeployment(transaction, { endpointName, name }, { routeWhenReady: null });
  }
}

function sameSplit(a: Split, b: Split): boolean {
  return sameShares(a.traffic, b.traffic) && sameShares(a.mirrorTraffic, b.mirrorTraffic);
}

function sameShares(a: TrafficMap, b: TrafficMap): boolean {
  return [...Object.keys(a), ...Object.keys(b)].every((name) => (a[name] ?? 0) === (b[name] ?? 0));
}

function describeSplit({ traffic, mirrorTraffic }: Split): string {
  const live = listShares(traffic);
  const mirrored = listShares(mirrorTraffic);
  const sentence = live === '' ? 'Traffic was turned off' : `Traffic was set to ${live}`;
  return mirrored === '' ? `${sentence}.` : `${sentence}, mirrored to ${mirrored}.`;
}

function listShares(shares: TrafficMap): string {
  return Object.entries(shares)
    .map(([name, percent]) => `${name} ${percent} %`)
    .join(', ');
}
