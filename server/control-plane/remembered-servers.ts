import { formatInstant } from '#server/kernel/clock.ts';
import type { InstanceRecord } from '#server/domain/instance.ts';
import type { ExternalTarget, InstanceExit, InstanceSpec } from '#server/drivers/runtime-driver.ts';
import type { Reader } from '#server/store/database.ts';
import { listAllInstances } from '#server/store/instance-store.ts';
import type { InstallationPaths } from './installation-paths.ts';
import { compileInstanceSpec } from './instance-spec.ts';

/** An external server as the store has it: what the driver that watches it goes on from after a restart. */
export interface RememberedServer {
  spec: InstanceSpec & { external: ExternalTarget };
  /** The address that was found and checked; null before the first. */
  address: string | null;
  generation: number;
  startedAt: string | null;
  restarts: number;
  lastExit: InstanceExit | null;
  ready: boolean;
}

/** There is no process to find again, so what was observed last is all that is known. Servers that were never reached are left to the plan. */
export async function listRememberedServers(reader: Reader, paths: InstallationPaths): Promise<RememberedServer[]> {
  return (await listAllInstances(reader)).flatMap((row) => {
    const spec = compileInstanceSpec(row, paths, null);
    if (spec?.external === undefined || row.host === null) return [];
    return [{ ...describe(row), spec: { ...spec, external: spec.external } }];
  });
}

function describe(row: InstanceRecord): Omit<RememberedServer, 'spec'> {
  return {
    address: row.host,
    generation: row.generation,
    startedAt: row.startedAt === null ? null : formatInstant(row.startedAt),
    restarts: row.restarts,
    lastExit: row.lastExit,
    ready: row.state === 'ready' || row.state === 'draining',
  };
}
