import type { Capability, Health, Info } from '#lib/contracts/info.ts';
import type { Actor } from '#server/domain/actor.ts';
import { mainCurrency } from '#server/domain/main-currency.ts';
import type { RoutePublisher } from '#server/domain/route-publisher.ts';
import { authorize } from '#server/identity/authorize.ts';
import type { Reader } from '#server/store/database.ts';
import { listAllInstances } from '#server/store/instance-store.ts';
import { listPrices } from '#server/store/instance-type-store.ts';
import type { QueryContext } from './query-context.ts';

/** What the host can run, looked at once at start, but for the Docker engine, which comes and goes; see server/environments. */
export interface HostFacts {
  python: Capability;
  readonly docker: Info['runtimes']['docker'];
  readonly triton: Capability;
  gpu: Capability;
  gpus: Info['gpus'];
  cpuCount: number;
  memoryMib: number;
}

export interface InfoContext extends QueryContext {
  version: string;
  host: HostFacts;
  memoryLimitBy: Info['runtimes']['process']['memory_limit_by'];
  gatewayUrl: string;
  routes: RoutePublisher;
  freeDiskBytes(): Promise<number>;
  /** Whether telemetry answers. */
  pingTelemetry(): Promise<boolean>;
}

/** What this installation is and what its host can run, with the reason and the fix for what it cannot. */
export async function getInfo(context: InfoContext, actor: Actor): Promise<Info> {
  authorize(actor, 'info.read', '/info');
  const { host, memoryLimitBy } = context;
  const { revision, confirmed, total } = context.routes.current();
  const prices = await listPrices(context.database);
  return {
    version: context.version,
    runtimes: {
      process: {
        available: true,
        version: process.version,
        python: host.python.version ?? null,
        ...(host.python.reason !== undefined && { python_reason: host.python.reason }),
        ...(host.python.fix !== undefined && { python_fix: host.python.fix }),
        memory_limit_by: memoryLimitBy,
      },
      docker: host.docker,
      triton: host.triton,
      kubernetes: {
        available: false,
        reason: 'This version does not drive Kubernetes.',
        fix: 'Use the process runtime of this host.',
      },
    },
    gpus: host.gpus,
    gpu: host.gpu,
    gpus_free: Math.max(0, host.gpus.length - (await countHeldGpus(context.database))),
    cpu_count: host.cpuCount,
    memory_mib: host.memoryMib,
    disk_free_bytes: await context.freeDiskBytes(),
    gateway_url: context.gatewayUrl,
    gateway_workers: { confirmed, total },
    route_revision: revision,
    currency: mainCurrency(prices),
  };
}

/** An instance holds its GPUs from before it starts until it is gone. */
async function countHeldGpus(reader: Reader): Promise<number> {
  const instances = await listAllInstances(reader);
  return instances.reduce((sum, { spec }) => sum + (spec.gpus ?? 0), 0);
}

/** Component states for load balancers and people: no authentication, so no detail. */
export async function getHealth(context: Pick<InfoContext, 'database' | 'routes' | 'pingTelemetry'>): Promise<Health> {
  const word = (up: boolean): 'ok' | 'down' => (up ? 'ok' : 'down');
  const components: Health['components'] = {
    control_plane: 'ok',
    database: word(context.database.check()),
    gateway: word(context.routes.current().total > 0),
    telemetry: word(await context.pingTelemetry()),
  };
  const ok = Object.values(components).every((state) => state === 'ok');
  return { status: ok ? 'ok' : 'degraded', components };
}
