import type { Instance } from '#lib/contracts/deployment.ts';
import type { ListPage } from '#lib/contracts/resource.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { DeploymentKey } from '#server/domain/deployment.ts';
import type { InstanceExitRecord, InstanceRecord } from '#server/domain/instance.ts';
import type { GpuUse, InstanceUseSource } from '#server/domain/ports.ts';
import { deploymentPath } from '#server/domain/resource-path.ts';
import { authorize } from '#server/identity/authorize.ts';
import { findDeploymentOrRefuse } from '#server/store/find-or-refuse.ts';
import { listInstances as listRows } from '#server/store/instance-store.ts';
import { pageOf, presentPage, type PageRequest } from './page.ts';
import type { QueryContext } from './query-context.ts';

const MIB = 2 ** 20;

/** Instances of a deployment, oldest first, with what each uses now. */
export async function listInstances(
  context: Pick<QueryContext, 'database'> & { instanceUse: InstanceUseSource },
  actor: Actor,
  key: DeploymentKey,
  page: PageRequest,
): Promise<ListPage<Instance>> {
  authorize(actor, 'deployment.read', deploymentPath(key.endpointName, key.name));
  await findDeploymentOrRefuse(context.database, key);
  const rows = await listRows(context.database, key.endpointName, key.name);
  const cut = pageOf('instances', rows, (row) => `${row.createdAt} ${row.id}`, page);
  const unknown = await context.instanceUse.findUnknown();
  return presentPage(cut, (row) => present(row, context.instanceUse, unknown.get(row.id) ?? null));
}

function present(row: InstanceRecord, source: InstanceUseSource, unknownSince: string | null): Instance {
  const use = source.instanceUse(row.id);
  const ejection = source.ejection(row.id);
  return {
    id: row.id,
    state: row.state,
    started_at: row.startedAt === null ? null : formatInstant(row.startedAt),
    restarts: row.restarts,
    last_exit: row.lastExit && presentExit(row.lastExit),
    cpu_percent: use?.cpuPercent ?? null,
    memory_mib: use?.memoryMib ?? null,
    memory_limit_mib: row.memoryLimitBy === 'none' ? null : row.spec.memoryMib,
    network_received_bytes: use?.networkReceivedBytes ?? null,
    network_sent_bytes: use?.networkSentBytes ?? null,
    gpus: (row.spec.gpus ?? 0) === 0 ? [] : (use?.gpus?.map(presentGpu) ?? null),
    unknown_since: unknownSince,
    memory_limit_by: row.memoryLimitBy,
    runtime_ref: row.runtimeRef,
    ...(row.spec.external && { url: row.spec.external.urls[0] ?? '' }),
    probe: row.probe?.lastResult ?? null,
    ejection: ejection && {
      reason: ejection.reason,
      until: formatInstant(ejection.untilMs),
      workers: ejection.workers,
    },
  };
}

function presentGpu({ id, usedBytes, totalBytes, busyPercent }: GpuUse): NonNullable<Instance['gpus']>[number] {
  const mib = (bytes: number | null): number | null => bytes && Math.round(bytes / MIB);
  return {
    id,
    memory_used_mib: mib(usedBytes),
    memory_total_mib: mib(totalBytes),
    utilization_percent: busyPercent,
  };
}

function presentExit({ outOfMemory, ...exit }: InstanceExitRecord): NonNullable<Instance['last_exit']> {
  return { ...exit, out_of_memory: outOfMemory };
}
