import type { EnsureOutcome } from '../runtime-driver.ts';
import { idsOfDevices, pickGpus } from './gpu-devices.ts';

type Reserved = { kind: 'reserved'; devices: readonly string[] } | Extract<EnsureOutcome, { kind: 'refused' }>;

/** Who has which GPU: a device is never given to two instances. */
export interface GpuPool {
  reserve(instanceId: string, count: number): Promise<Reserved>;
  /** The instance is on record with its devices, or has none. */
  release(instanceId: string): void;
  count(): Promise<{ total: number; free: number }>;
}

/**
 * @param list ids of the devices of this host
 * @param recorded devices of instances that are there
 */
export function createGpuPool(list: () => Promise<readonly string[]>, recorded: () => readonly string[]): GpuPool {
  /** Of instances that are being started and are not on record yet. */
  const reserved = new Map<string, readonly string[]>();

  const taken = (present: readonly string[]): Set<string> =>
    new Set([...idsOfDevices(recorded(), present), ...[...reserved.values()].flat()]);

  async function count(): Promise<{ total: number; free: number }> {
    const present = await list();
    const gone = taken(present);
    return { total: present.length, free: present.filter((id) => !gone.has(id)).length };
  }

  return {
    async reserve(instanceId, wanted) {
      if (wanted === 0) return { kind: 'reserved', devices: [] };
      const present = await list();
      // Nothing is waited for between the look at what is taken and the taking.
      const picked = pickGpus(wanted, present, taken(present));
      if (picked !== null) {
        reserved.set(instanceId, picked);
        return { kind: 'reserved', devices: picked };
      }
      const { total, free } = await count();
      const detail = `It asks for ${wanted} GPUs; this host has ${total}, of which ${free} are free.`;
      return { kind: 'refused', code: 'deployment.gpu_unavailable', detail };
    },
    release: (instanceId) => void reserved.delete(instanceId),
    count,
  };
}
