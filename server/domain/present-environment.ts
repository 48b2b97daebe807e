import type { Environment, EnvironmentBuild, EnvironmentVersion } from '#lib/contracts/environment.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import { toProblem } from '#server/kernel/error-catalogue.ts';
import type { DeploymentRecord } from './deployment.ts';
import { type EnvironmentVersionRecord, kindOfDefinition, type StoredDefinition } from './environment.ts';
import type { BuildFailure, BuildRecord } from './environment-build.ts';
import { deploymentPath } from './resource-path.ts';

type Users = readonly Pick<DeploymentRecord, 'endpointName' | 'name' | 'spec' | 'goodState'>[];

/** Deployments that need an environment: by what they are to be, or by what they would go back to. */
export function listEnvironmentUsers(deployments: Users, name: string, version?: string): string[] {
  const isNamed = (environment: DeploymentRecord['spec']['environment']): boolean =>
    environment?.name === name && (version === undefined || environment.version === version);
  return deployments
    .filter(({ spec, goodState }) => isNamed(spec.environment) || isNamed(goodState?.spec.environment))
    .map((user) => deploymentPath(user.endpointName, user.name));
}

export function presentEnvironmentVersion(
  version: EnvironmentVersionRecord,
  builds: readonly BuildRecord[],
  usedBy: string[],
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
    used_by: usedBy,
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
