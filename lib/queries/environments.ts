import { queryOptions } from '@tanstack/react-query';
import type { Environment, EnvironmentVersion } from '#lib/contracts/environment.ts';
import { apiPath, fetchAll, fetchJson } from './fetch-json.ts';
import { keys } from './keys.ts';

/** A build and what follows from it says nothing to the stream of changes while it runs, so it is asked for. */
const BUILDING_REFETCH_MS = 1_500;

export function environmentsQuery() {
  return queryOptions({
    queryKey: keys.environments.list(),
    queryFn: ({ signal }) => fetchAll<Environment>('/environments', { signal }),
  });
}

export function environmentVersionsQuery(environment: string) {
  return queryOptions({
    queryKey: keys.environments.versions(environment),
    queryFn: ({ signal }) => fetchAll<EnvironmentVersion>(apiPath('environments', environment, 'versions'), { signal }),
    refetchInterval: ({ state }) => (state.data?.some(isMoving) ? BUILDING_REFETCH_MS : false),
  });
}

export function environmentVersionQuery(environment: string, version: string) {
  return queryOptions({
    queryKey: keys.environments.version(environment, version),
    queryFn: ({ signal }) =>
      fetchJson<EnvironmentVersion>(apiPath('environments', environment, 'versions', version), { signal }),
    refetchInterval: ({ state }) => (state.data && isMoving(state.data) ? BUILDING_REFETCH_MS : false),
  });
}

function isMoving({ builds, deployments, refresh }: EnvironmentVersion): boolean {
  const isRolling = deployments.some(({ state }) => state === 'rolling');
  return isRolling || refresh?.state === 'building' || builds.some(({ state }) => state === 'building');
}

/** Reads `azureml:<name>:<version>` of an environment; null for anything else. */
export function parseEnvironmentReference(reference: unknown): { name: string; version: string } | null {
  const [, name, version] =
    typeof reference === 'string' ? (/^(?:azureml:)?([^:@]+):([^:@]+)$/.exec(reference) ?? []) : [];
  return name && version ? { name, version } : null;
}
