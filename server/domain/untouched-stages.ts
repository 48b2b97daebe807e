import { isDeepStrictEqual } from 'node:util';
import type { DeploymentRecord, DeploymentSpec, DesiredDeployment } from './deployment.ts';
import { STAGES, type StageName } from './operation.ts';

/** Whether what is wanted now was ready in full once. */
export function isGood({ goodState, specHash, spec, written }: DeploymentRecord): boolean {
  return (
    goodState !== null &&
    goodState.specHash === specHash &&
    isDeepStrictEqual([goodState.spec, goodState.written], [spec, written])
  );
}

/** Stages that a deployment has nothing to do in, whatever is asked of it. */
export const listUnneededStages = ({ environment }: Pick<DeploymentSpec, 'environment'>): StageName[] =>
  environment === undefined ? [STAGES.prepareEnvironment] : [];

/**
 * Stages that a write has nothing to do in. Told when the operation begins: once the instances are as they are wanted, one that was just started
 * looks like one that was there before.
 * @param current what runs before the write; null for a creation
 */
export function listUntouchedStages(
  current: DeploymentRecord | null,
  { spec, specHash }: DesiredDeployment,
  allTraffic: boolean,
): StageName[] {
  const scales = current !== null && isGood(current) && current.specHash === specHash;
  const more = spec.instanceCount - (scales ? current.spec.instanceCount : 0);
  const untouched: StageName[] = more <= 0 ? [STAGES.startInstances, STAGES.becomeReady] : [];
  untouched.unshift(...listUnneededStages(spec));
  if (!scales) return untouched;
  if (more >= 0) untouched.push(STAGES.replaceInstances);
  if (isDeepStrictEqual(current.spec, spec) && !allTraffic) untouched.push(STAGES.publishRoutes);
  return untouched;
}
