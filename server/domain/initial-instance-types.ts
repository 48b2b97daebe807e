import type { HostCapacity, InstanceTypeRecord } from './instance-type.ts';
import { STANDARD_SIZES } from './standard-sizes.ts';

export interface InitialInstanceType {
  type: Omit<InstanceTypeRecord, 'revision' | 'createdAt' | 'updatedAt'>;
  pricePerHourMicros: number;
}

export const INITIAL_CURRENCY = 'USD';

/** What one CPU of a compute-optimised size costs per hour; what a host's own CPU costs only its operator knows. */
const MICROS_PER_CPU_HOUR = 42_300;

/** Instance types of a new installation: shares of this host by halves, and the sizes that descriptions for the original name. */
export function listInitialInstanceTypes(host: HostCapacity): InitialInstanceType[] {
  return [...listShares(host), ...STANDARD_SIZES.map(describeStandardSize)];
}

function listShares(host: HostCapacity): InitialInstanceType[] {
  const shares: InitialInstanceType[] = [];
  for (let cpu = 1; cpu <= host.cpuCount; cpu *= 2) {
    const memoryMib = Math.floor((host.memoryMib * cpu) / host.cpuCount);
    shares.push({
      type: {
        name: `cpu-${cpu}`,
        cpu,
        memoryMib,
        gpus: 0,
        gpuMemoryMib: 0,
        description: `${cpu} of the ${host.cpuCount} CPUs of this host, with its share of the memory.`,
        fit: 'exact',
      },
      pricePerHourMicros: cpu * MICROS_PER_CPU_HOUR,
    });
  }
  return shares;
}

function describeStandardSize([
  size,
  cpu,
  memoryMib,
  gpus,
  gpuMemoryMib,
  pricePerHourMicros,
]: (typeof STANDARD_SIZES)[number]): InitialInstanceType {
  return {
    type: {
      name: `Standard_${size}`,
      cpu,
      memoryMib,
      gpus,
      gpuMemoryMib,
      description: 'As the size of that name; takes what this host has where that is less.',
      fit: 'nearest',
    },
    pricePerHourMicros,
  };
}
