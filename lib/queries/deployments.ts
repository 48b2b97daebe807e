import { queryOptions } from '@tanstack/react-query';
import type { Deployment, Instance } from '#lib/contracts/deployment.ts';
import type { DeploymentCode } from '#lib/contracts/deployment-code.ts';
import { apiPath, fetchAll, fetchJson } from './fetch-json.ts';
import { keys } from './keys.ts';

export function deploymentsQuery(endpoint: string) {
  return queryOptions({
    queryKey: keys.endpoints.deployments(endpoint),
    queryFn: ({ signal }) => fetchAll<Deployment>(apiPath('endpoints', endpoint, 'deployments'), { signal }),
  });
}

export function deploymentQuery(endpoint: string, deployment: string) {
  return queryOptions({
    queryKey: keys.deployments.detail(endpoint, deployment),
    queryFn: ({ signal }) =>
      fetchJson<Deployment>(apiPath('endpoints', endpoint, 'deployments', deployment), { signal }),
  });
}

export function deploymentCodeQuery(endpoint: string, deployment: string) {
  return queryOptions({
    queryKey: keys.deployments.code(endpoint, deployment),
    queryFn: ({ signal }) =>
      fetchJson<DeploymentCode>(apiPath('endpoints', endpoint, 'deployments', deployment, 'code'), { signal }),
  });
}

export function instancesQuery(endpoint: string, deployment: string) {
  return queryOptions({
    queryKey: keys.deployments.instances(endpoint, deployment),
    queryFn: ({ signal }) =>
      fetchAll<Instance>(apiPath('endpoints', endpoint, 'deployments', deployment, 'instances'), { signal }),
  });
}
