import { AppError } from '#server/kernel/app-error.ts';
import type { DeploymentKey, DeploymentRecord } from '#server/domain/deployment.ts';
import type { EndpointRecord } from '#server/domain/endpoint.ts';
import type { EnvironmentVersionRecord } from '#server/domain/environment.ts';
import type { RegistryRecord } from '#server/domain/registry.ts';
import type { Reader } from './database.ts';
import { findDeployment } from './deployment-store.ts';
import { findEndpoint } from './endpoint-store.ts';
import { findRegistry } from './registry-store.ts';
import { findEnvironmentVersion, listEnvironmentVersions } from './environment-store.ts';

/** @throws AppError `endpoint.not_found` */
export async function findEndpointOrRefuse(reader: Reader, name: string): Promise<EndpointRecord> {
  const endpoint = await findEndpoint(reader, name);
  if (endpoint === null) throw new AppError('endpoint.not_found', `There is no endpoint "${name}".`);
  return endpoint;
}

/** An endpoint that may be changed. @throws AppError `endpoint.not_found`, or `endpoint.busy_deleting` */
export async function findLiveEndpointOrRefuse(reader: Reader, name: string): Promise<EndpointRecord> {
  const endpoint = await findEndpointOrRefuse(reader, name);
  refuseDeleting(endpoint);
  return endpoint;
}

/** @throws AppError `endpoint.busy_deleting` */
export function refuseDeleting(endpoint: EndpointRecord): void {
  if (endpoint.desiredState === 'run') return;
  throw new AppError(
    'endpoint.busy_deleting',
    `Endpoint "${endpoint.name}" is being deleted. Wait until it is gone, or cancel the deletion.`,
  );
}

/** @throws AppError `endpoint.not_found` or `deployment.not_found` */
export async function findDeploymentOrRefuse(reader: Reader, key: DeploymentKey): Promise<DeploymentRecord> {
  await findEndpointOrRefuse(reader, key.endpointName);
  const deployment = await findDeployment(reader, key);
  if (deployment === null) {
    throw new AppError('deployment.not_found', `Endpoint "${key.endpointName}" has no deployment "${key.name}".`);
  }
  return deployment;
}

/** `latest` names the newest version. @throws AppError `environment.not_found` */
export async function findEnvironmentVersionOrRefuse(
  reader: Reader,
  name: string,
  version: string,
): Promise<EnvironmentVersionRecord> {
  const found =
    (await findEnvironmentVersion(reader, name, version)) ??
    (version === 'latest' ? (await listEnvironmentVersions(reader, name))[0] : undefined);
  if (found) return found;
  throw new AppError('environment.not_found', `There is no environment version "${name}:${version}".`);
}

/** @throws AppError `registry.not_found` */
export async function findRegistryOrRefuse(reader: Reader, host: string): Promise<RegistryRecord> {
  const registry = await findRegistry(reader, host);
  if (registry === null) throw new AppError('registry.not_found', `No credentials are stored for "${host}".`);
  return registry;
}
