import type { DeploymentRecord } from '#server/domain/deployment.ts';
import type { EndpointKeyRecord, EndpointRecord } from '#server/domain/endpoint.ts';
import type { InstanceRecord } from '#server/domain/instance.ts';
import type { OperationRecord } from '#server/domain/operation.ts';
import type { Reader } from './database.ts';
import { listAllDeployments, listDeployments } from './deployment-store.ts';
import { findEndpoint, listAllEndpointKeys, listEndpointKeys, listEndpoints } from './endpoint-store.ts';
import { listAllInstances, listInstances } from './instance-store.ts';
import { listRunningOperations } from './operation-store.ts';

/** Everything that one reconcile pass and the route table need of one endpoint. */
export interface EndpointState {
  endpoint: EndpointRecord;
  keys: EndpointKeyRecord[];
  deployments: DeploymentRecord[];
  instances: InstanceRecord[];
  /** Running ones of the endpoint and its deployments, oldest first. */
  operations: OperationRecord[];
}

export async function loadEndpointState(reader: Reader, name: string): Promise<EndpointState | null> {
  const endpoint = await findEndpoint(reader, name);
  return endpoint === null ? null : assemble(reader, endpoint);
}

/**
 * Of every endpoint by name, for the route table. It is compiled after every change, so the number of queries must not grow with the
 * number of endpoints.
 */
export async function loadEndpointStates(reader: Reader): Promise<EndpointState[]> {
  const keys = Map.groupBy(await listAllEndpointKeys(reader), byEndpoint);
  const deployments = Map.groupBy(await listAllDeployments(reader), byEndpoint);
  const instances = Map.groupBy(await listAllInstances(reader), byEndpoint);
  const operations = Map.groupBy(await listRunningOperations(reader), byEndpoint);
  return (await listEndpoints(reader)).map((endpoint) => ({
    endpoint,
    keys: keys.get(endpoint.name) ?? [],
    deployments: deployments.get(endpoint.name) ?? [],
    instances: instances.get(endpoint.name) ?? [],
    operations: operations.get(endpoint.name) ?? [],
  }));
}

const byEndpoint = <Name>(row: { endpointName: Name }): Name => row.endpointName;

async function assemble(reader: Reader, endpoint: EndpointRecord): Promise<EndpointState> {
  const { name } = endpoint;
  return {
    endpoint,
    keys: await listEndpointKeys(reader, name),
    deployments: await listDeployments(reader, name),
    instances: await listInstances(reader, name),
    operations: await listRunningOperations(reader, name),
  };
}
