import type { Model, ModelVersion } from '#lib/contracts/model.ts';
import { isArchived } from '#lib/format/model-stage.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import type { DeploymentRecord } from './deployment.ts';
import type { ModelRecord, ModelVersionRecord } from './model.ts';
import { deploymentPath } from './resource-path.ts';

type Users = readonly Pick<DeploymentRecord, 'endpointName' | 'name' | 'spec' | 'goodState'>[];

/** Deployments that need a model version: by what they are to be, or by what they would go back to. */
export function listModelUsers(deployments: Users, name: string, version?: string): string[] {
  const isNamed = (model: DeploymentRecord['spec']['model'] | undefined): boolean =>
    model?.name === name && (version === undefined || model.version === version);
  return deployments
    .filter(({ spec, goodState }) => isNamed(spec.model) || isNamed(goodState?.spec.model))
    .map((user) => deploymentPath(user.endpointName, user.name));
}

export function presentModelVersion(version: ModelVersionRecord, usedBy: string[]): ModelVersion {
  return {
    name: version.modelName,
    version: version.version,
    type: version.type,
    path: version.path,
    description: version.description,
    tags: version.tags,
    properties: version.properties,
    stage: version.stage,
    detected: version.detected,
    size_bytes: version.sizeBytes,
    sha256: version.sha256,
    files: version.files,
    used_by: usedBy,
    revision: version.revision,
    created_at: formatInstant(version.createdAt),
    updated_at: formatInstant(version.updatedAt),
  };
}

/** @param versions newest first */
export function presentModel(model: ModelRecord, versions: readonly ModelVersionRecord[], usedBy: string[]): Model {
  const [latest] = versions;
  return {
    name: model.name,
    latest_version: latest?.version ?? null,
    version_count: versions.length,
    archived_version_count: versions.filter(({ stage }) => isArchived(stage)).length,
    type: latest?.type ?? 'custom_model',
    description: model.description,
    tags: model.tags,
    properties: model.properties,
    size_bytes: versions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    used_by: usedBy,
    revision: model.revision,
    created_at: formatInstant(model.createdAt),
    updated_at: formatInstant(model.updatedAt),
  };
}
