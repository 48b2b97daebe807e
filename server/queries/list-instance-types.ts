import { AppError } from '#server/kernel/app-error.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import type { InstanceType } from '#lib/contracts/instance-type.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { DeploymentRecord } from '#server/domain/deployment.ts';
import { fitInstanceType, type HostCapacity, type InstanceTypeRecord } from '#server/domain/instance-type.ts';
import { deploymentPath, instanceTypePath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { listAllDeployments } from '#server/store/deployment-store.ts';
import { findInstanceType, instanceTypeKey, listInstanceTypes as listRows } from '#server/store/instance-type-store.ts';
import { loadPricing, type Pricing } from './load-pricing.ts';
import { pageOf, presentPage, type PageRequest } from './page.ts';
import type { QueryContext } from './query-context.ts';

export interface InstanceTypesContext extends Pick<QueryContext, 'database' | 'clock'> {
  host: HostCapacity;
}

/** By name. */
export async function listInstanceTypes(
  context: InstanceTypesContext,
  actor: Actor,
  page: PageRequest,
): Promise<ListPage<InstanceType>> {
  authorize(actor, 'instance_type.read', '/instance-types');
  const rows = await listRows(context.database);
  const deployments = await listAllDeployments(context.database);
  const pricing = await loadPricing(context);
  const cut = pageOf('instance-types', rows, ({ name }) => instanceTypeKey(name), page);
  return presentPage(cut, (row) => present(row, context.host, pricing, deployments));
}

/** @throws AppError `instance_type.not_found` */
export async function getInstanceType(
  context: InstanceTypesContext,
  actor: Actor,
  name: string,
): Promise<InstanceType> {
  authorize(actor, 'instance_type.read', instanceTypePath(name));
  const row = await findInstanceType(context.database, name);
  if (row === null) throw new AppError('instance_type.not_found', `There is no instance type "${name}".`);
  return describeInstanceType(context, row);
}

export async function describeInstanceType(
  context: InstanceTypesContext,
  row: InstanceTypeRecord,
): Promise<InstanceType> {
  const deployments = await listAllDeployments(context.database);
  return present(row, context.host, await loadPricing(context), deployments);
}

function present(
  row: InstanceTypeRecord,
  host: HostCapacity,
  pricing: Pricing,
  deployments: readonly DeploymentRecord[],
): InstanceType {
  const fit = fitInstanceType(row, host);
  const price = pricing.priceOf(row.name);
  const users = deployments.filter(({ spec }) => spec.instanceType === instanceTypeKey(row.name));
  return {
    name: row.name,
    cpu: row.cpu,
    memory_mib: row.memoryMib,
    gpus: row.gpus,
    gpu_memory_mib: row.gpuMemoryMib,
    price_per_hour_micros: price.pricePerHourMicros,
    currency: price.currency,
    description: row.description,
    fits_host: fit.fits,
    fit_reason: fit.reason,
    used_by: users.map((user) => deploymentPath(user.endpointName, user.name)),
    revision: row.revision,
    created_at: formatInstant(row.createdAt),
    updated_at: formatInstant(row.updatedAt),
  };
}
