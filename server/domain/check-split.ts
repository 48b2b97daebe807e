import type { TrafficMap } from '#lib/contracts/endpoint.ts';
import type { ErrorCode } from '#lib/contracts/error-codes.ts';
import type { DeploymentRecord } from './deployment.ts';
import type { Split } from './endpoint.ts';

/** Why a split cannot be applied; `path` points into a body `{traffic, mirror_traffic}`. */
export interface SplitFault {
  code: Extract<ErrorCode, `traffic.${string}`>;
  detail: string;
  path: string;
}

type Target = Pick<DeploymentRecord, 'name' | 'desiredState' | 'readyInstances'>;

/**
 * Checks a split against what there is. Zeros ask for nothing and are never wrong. A share that does not grow needs no readiness, so that
 * traffic can always be taken away from a deployment that fails.
 */
export function checkSplit(wanted: Split, current: Split, deployments: readonly Target[]): SplitFault | null {
  return (
    checkSum(wanted.traffic) ??
    checkTargets(wanted.traffic, current.traffic, deployments, '/traffic') ??
    checkTargets(wanted.mirrorTraffic, current.mirrorTraffic, deployments, '/mirror_traffic') ??
    checkMirrors(wanted)
  );
}

/** Live shares sum to 100, or to 0, which answers nobody. */
function checkSum(traffic: TrafficMap): SplitFault | null {
  const sum = Object.values(traffic).reduce((total, percent) => total + percent, 0);
  if (sum === 0 || sum === 100) return null;
  const detail = `The shares sum to ${sum}. They must sum to 100, or to 0 to answer nobody.`;
  return { code: 'traffic.invalid_sum', detail, path: '/traffic' };
}

function checkTargets(
  wanted: TrafficMap,
  current: TrafficMap,
  deployments: readonly Target[],
  field: string,
): SplitFault | null {
  const names = deployments.filter(({ desiredState }) => desiredState === 'run').map(({ name }) => name);
  for (const [name, percent] of Object.entries(wanted)) {
    if (percent === 0) continue;
    const path = `${field}/${name}`;
    const deployment = deployments.find((one) => one.name === name && one.desiredState === 'run');
    if (deployment === undefined) {
      const known = names.length === 0 ? 'It has none yet.' : `It has ${names.join(', ')}.`;
      const detail = `The endpoint has no deployment "${name}". ${known}`;
      return { code: 'traffic.unknown_deployment', detail, path };
    }
    if (deployment.readyInstances === 0 && percent > (current[name] ?? 0)) {
      const detail = `Deployment "${name}" has no ready instance, so it cannot take more traffic. Wait until it is ready.`;
      return { code: 'traffic.deployment_not_ready', detail, path };
    }
  }
  return null;
}

/** A caller must never get an answer that was meant to be thrown away. */
function checkMirrors({ traffic, mirrorTraffic }: Split): SplitFault | null {
  const both = Object.keys(mirrorTraffic).find((name) => (mirrorTraffic[name] ?? 0) > 0 && (traffic[name] ?? 0) > 0);
  if (both === undefined) return null;
  const detail = `Deployment "${both}" would take live and mirrored traffic. Set one of the two to 0.`;
  return { code: 'traffic.mirror_takes_live', detail, path: `/mirror_traffic/${both}` };
}
