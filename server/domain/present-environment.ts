import type {
  Environment,
  EnvironmentBuild,
  EnvironmentDeployment,
  EnvironmentRefresh,
  EnvironmentVersion,
} from '#lib/contracts/environment.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import { toProblem } from '#server/kernel/error-catalogue.ts';
import type { DeploymentRecord } from './deployment.ts';
import {
  type BuildRuntime,
  type DeploymentEnvironment,
  type EnvironmentVersionRecord,
  kindOfDefinition,
  type StoredDefinition,
} from './environment.ts';
import type { BuildFailure, BuildPart, BuildRecord } from './environment-build.ts';
import { lastRefresh, type RefreshCandidate, refreshState } from './environment-refresh.ts';
import { deploymentPath } from './resource-path.ts';

const DAY_MS = 86_400_000;

type Users = readonly Pick<DeploymentRecord, 'endpointName' | 'name' | 'spec' | 'goodState'>[];

/** Deployments that need an environment: by what they are to be, or by what they would go back to. */
export function listEnvironmentUsers(deployments: Users, name: string, version?: string): string[] {
  const isNamed = (environment: DeploymentRecord['spec']['environment']): boolean =>
    environment?.name === name && (version === undefined || environment.version === version);
  return deployments
    .filter(({ spec, goodState }) => isNamed(spec.environment) || isNamed(goodState?.spec.environment))
    .map((user) => deploymentPath(user.endpointName, user.name));
}

type Runner = Pick<DeploymentRecord, 'endpointName' | 'name' | 'spec' | 'goodState' | 'operationId' | 'desiredState'>;

/** A deployment of an environment version, and what it runs in. */
export interface EnvironmentRun {
  deployment: Runner;
  /** Null while it runs in none of this version. */
  running: DeploymentEnvironment | null;
  runtime: BuildRuntime;
  state: EnvironmentDeployment['state'];
}

/** Deployments of one environment version, and how far behind its newest build they are. */
export function listEnvironmentRuns<Deployment extends Runner>(
  deployments: readonly Deployment[],
  { name, version, buildNumber }: Pick<EnvironmentVersionRecord, 'name' | 'version' | 'buildNumber'>,
): (EnvironmentRun & { deployment: Deployment })[] {
  return deployments.flatMap((deployment) => {
    const { environment: wanted, runtime } = deployment.spec;
    if (wanted?.name !== name || wanted.version !== version || deployment.desiredState !== 'run') return [];
    if (runtime === null || runtime === 'kubernetes') return [];
    const runs = deployment.goodState?.spec.environment ?? null;
    const isBehind = wanted.buildNumber < buildNumber;
    const state = isBehind ? 'behind' : (runs ?? wanted).key === wanted.key ? 'current' : 'rolling';
    const running = runs?.name === name && runs.version === version ? runs : null;
    return [{ deployment, running, runtime, state }];
  });
}

export function presentEnvironmentRun(
  { deployment, running, runtime, state }: EnvironmentRun,
  build: BuildRecord | null,
): EnvironmentDeployment {
  const artifact = build?.state.kind === 'ready' ? build.state.artifact : null;
  return {
    deployment: deploymentPath(deployment.endpointName, deployment.name),
    build_number: running?.buildNumber ?? null,
    state,
    runtime,
    image_id: artifact?.kind === 'image' ? artifact.imageId : null,
    operation_id: deployment.operationId,
  };
}

/** @param everyMs how old a build may get */
export function presentRefresh(candidate: RefreshCandidate, everyMs: number): EnvironmentRefresh {
  const state = refreshState(candidate, everyMs);
  const last = lastRefresh(candidate);
  return {
    every_days: everyMs / DAY_MS,
    // A build that is whole is given out within moments.
    state: state.kind === 'built' ? 'building' : state.kind,
    last_at: last === null ? null : formatInstant(last),
    next_at: 'dueAt' in state ? formatInstant(state.dueAt) : null,
    failures: state.kind === 'failed' ? state.failures : 0,
    error: state.kind === 'failed' ? presentFailure(state.failure) : null,
  };
}

export function presentEnvironmentVersion(
  version: EnvironmentVersionRecord,
  builds: readonly BuildRecord[],
  users: Pick<EnvironmentVersion, 'used_by' | 'deployments' | 'refresh'>,
): EnvironmentVersion {
  return {
    name: version.name,
    version: version.version,
    kind: kindOfDefinition(version.definition),
    ...presentDefinition(version.definition),
    description: version.description,
    tags: version.tags,
    properties: version.properties,
    build_number: version.buildNumber,
    builds: builds.map(presentBuild),
    ...users,
    revision: version.revision,
    created_at: formatInstant(version.createdAt),
    updated_at: formatInstant(version.updatedAt),
  };
}

function presentDefinition(definition: StoredDefinition) {
  const { image, imageArchive, build, condaFile, pipRequirements, inferenceConfig } = definition;
  return {
    ...(image !== null && { image }),
    ...(imageArchive !== null && { image_archive: `files:${imageArchive.files}` }),
    ...(build !== null && { build: { path: `files:${build.files}`, dockerfile_path: build.dockerfilePath } }),
    ...(condaFile !== null && { conda_file: condaFile }),
    ...(pipRequirements !== null && { pip_requirements: pipRequirements }),
    ...(inferenceConfig !== null && { inference_config: inferenceConfig }),
  };
}

export function presentBuild({ state, ...record }: BuildRecord): EnvironmentBuild {
  const artifact = state.kind === 'ready' ? state.artifact : null;
  const image = artifact?.kind === 'image' ? artifact : null;
  const failure = state.kind === 'failed' ? state.failure : null;
  return {
    runtime: record.runtime,
    key: record.key,
    state: state.kind,
    step: state.kind === 'building' ? state.step : null,
    progress: state.kind === 'building' ? state.progress : null,
    parts: (state.kind === 'building' ? (state.parts ?? []) : []).map(presentPart),
    started_at: formatInstant(record.startedAt),
    finished_at: record.finishedAt === null ? null : formatInstant(record.finishedAt),
    image_id: image?.imageId ?? null,
    digest: image?.digest ?? null,
    python: artifact?.kind === 'venv' ? artifact.pythonVersion : (image?.python ?? null),
    size_bytes: record.sizeBytes,
    packages: record.packages,
    warnings: state.kind === 'ready' ? state.warnings : [],
    error: failure && presentFailure(failure),
  };
}

const presentPart = ({ totalBytes, ...part }: BuildPart): EnvironmentBuild['parts'][number] => ({
  ...part,
  total_bytes: totalBytes,
});

function presentFailure({ code, detail, logTail }: BuildFailure): EnvironmentBuild['error'] {
  // A build belongs to no request.
  const { request_id: _none, ...problem } = toProblem(
    new AppError(code, detail, { details: { log_tail: logTail } }),
    '',
  );
  return problem;
}

/** @param versions of one environment, newest first, at least one */
export function presentEnvironment(versions: readonly EnvironmentVersionRecord[], usedBy: string[]): Environment {
  const latest = versions[0]!;
  return {
    name: latest.name,
    latest_version: latest.version,
    version_count: versions.length,
    kind: kindOfDefinition(latest.definition),
    description: latest.description,
    anonymous: latest.anonymous,
    used_by: usedBy,
    revision: Math.max(...versions.map(({ revision }) => revision)),
    created_at: formatInstant(Math.min(...versions.map(({ createdAt }) => createdAt))),
    updated_at: formatInstant(Math.max(...versions.map(({ updatedAt }) => updatedAt))),
  };
}
