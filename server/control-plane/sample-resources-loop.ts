import type { InstanceUse } from '#server/domain/ports.ts';
import type { Clock } from '#server/kernel/clock.ts';
import type { Logger } from '#server/kernel/logger.ts';
import type { ResourceUse, RuntimeDriver } from '#server/drivers/runtime-driver.ts';
import type { Reader } from '#server/store/database.ts';
import { listAllInstances } from '#server/store/instance-store.ts';
import type { ResourceSample } from '#server/telemetry/request-record.ts';

const SAMPLE_MS = 5_000;
const MIB = 1024 * 1024;

export interface SampleResourcesDeps {
  driver: RuntimeDriver;
  database: Reader;
  clock: Clock;
  logger: Logger;
  record: (sample: ResourceSample) => void;
}

/** Samples what instances use, for telemetry and for whoever asks how an instance does now. */
export interface SampleResourcesLoop {
  start(): void;
  latest(instanceId: string): InstanceUse | null;
  stop(): Promise<void>;
}

export function createSampleResourcesLoop(deps: SampleResourcesDeps): SampleResourcesLoop {
  let last = new Map<string, { use: ResourceUse; at: number; told: InstanceUse }>();
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();

  async function sample(): Promise<void> {
    const used = await deps.driver.sample();
    const rows = new Map((await listAllInstances(deps.database)).map((row) => [row.id, row]));
    const at = deps.clock.monotonic();
    const next: typeof last = new Map();
    for (const use of used) {
      const row = rows.get(use.instanceId);
      if (row === undefined) continue;
      const cpuPercent = cpuShare(last.get(use.instanceId), use, at, row.spec.cpu);
      const told = {
        cpuPercent,
        memoryMib: Math.round(use.memoryBytes / MIB),
        networkReceivedBytes: use.networkReceivedBytes ?? null,
        networkSentBytes: use.networkSentBytes ?? null,
        gpus: use.gpus ?? null,
      };
      next.set(use.instanceId, { use, at, told });
      deps.record({
        atMs: deps.clock.now(),
        endpoint: row.endpointName,
        deployment: row.deploymentName,
        instance: row.id,
        cpuPercent: cpuPercent ?? 0,
        memoryBytes: use.memoryBytes,
        memoryPercent: (100 * use.memoryBytes) / (row.spec.memoryMib * MIB),
      });
    }
    last = next;
  }

  return {
    start() {
      timer = setInterval(() => {
        turn = turn.then(sample).catch((error: unknown) => {
          deps.logger.warn({ err: error }, 'A resource sample could not be taken');
        });
      }, SAMPLE_MS);
    },
    latest: (instanceId) => last.get(instanceId)?.told ?? null,
    async stop() {
      clearInterval(timer);
      await turn;
    },
  };
}

/** A program that was started again begins at zero: then there is nothing to compare with. */
function cpuShare(
  before: { use: ResourceUse; at: number } | undefined,
  now: ResourceUse,
  at: number,
  cpus: number,
): number | null {
  if (before === undefined || now.cpuSeconds < before.use.cpuSeconds) return null;
  const seconds = (at - before.at) / 1000;
  return seconds <= 0 ? null : (100 * (now.cpuSeconds - before.use.cpuSeconds)) / seconds / cpus;
}
