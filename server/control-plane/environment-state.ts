import type { DeploymentRecord, DeploymentSpec } from '#server/domain/deployment.ts';
import { compileBuildRequest } from '#server/domain/environment.ts';
import type { BuildRecord, BuildRequest, BuildState } from '#server/domain/environment-build.ts';

/** How far the environment of a spec is, for whoever needs it now. */
export type EnvironmentState = { kind: 'not_needed' } | { kind: 'missing' } | BuildState;

/** Keys of every environment that a pass looks at. */
export function listBuildKeys(specs: readonly DeploymentSpec[]): string[] {
  return [...new Set(specs.flatMap(({ environment }) => (environment === undefined ? [] : [environment.key])))];
}

/**
 * How far the environment of a spec is. A build that failed for an earlier attempt is one that is still to be made.
 * @param builds what the builder has, by key
 */
export function environmentState(
  spec: DeploymentSpec,
  attempt: string,
  builds: ReadonlyMap<string, BuildRecord>,
): EnvironmentState {
  if (spec.environment === undefined) return { kind: 'not_needed' };
  const build = builds.get(spec.environment.key);
  if (build === undefined) return { kind: 'missing' };
  return build.state.kind === 'failed' && build.attempt !== attempt ? { kind: 'missing' } : build.state;
}

/** Whether an instance can be started in it. */
export function isBuilt({ kind }: EnvironmentState): boolean {
  return kind === 'not_needed' || kind === 'ready';
}

/** Who asks for a deployment's builds: every operation may try again what failed before. */
export function attemptOf({ operationId, specHash }: Pick<DeploymentRecord, 'operationId' | 'specHash'>): string {
  return operationId ?? specHash;
}

/** Null for a spec that needs nothing built. */
export function buildRequestOf(spec: DeploymentSpec, filesDir: string, attempt: string): BuildRequest | null {
  const { environment, runtime } = spec;
  if (environment === undefined || runtime === null || runtime === 'kubernetes') return null;
  return compileBuildRequest(environment, runtime, filesDir, attempt);
}
