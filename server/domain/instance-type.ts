export interface InstanceTypeRecord {
  /** As written; compared without case. */
  name: string;
  cpu: number;
  memoryMib: number;
  gpus: number;
  gpuMemoryMib: number;
  description: string;
  /** `exact` needs what it names; `nearest` takes what the host has when that is less, for the sizes of a cloud. */
  fit: 'exact' | 'nearest';
  revision: number;
  createdAt: number;
  updatedAt: number;
}

/** In force from `effectiveFrom` until the next one of the same type. */
export interface InstanceTypePrice {
  /** Lower case. */
  instanceType: string;
  effectiveFrom: number;
  pricePerHourMicros: number;
  currency: string;
}

/** What this machine has to give. */
export interface HostCapacity {
  cpuCount: number;
  memoryMib: number;
  gpuCount: number;
}

export type Fit = { fits: true; cpu: number; memoryMib: number; reason: string } | { fits: false; reason: string };

/** Whether one instance fits this host, what it gets there, and why in a sentence. */
export function fitInstanceType(
  type: Pick<InstanceTypeRecord, 'cpu' | 'memoryMib' | 'gpus' | 'fit'>,
  host: HostCapacity,
): Fit {
  if (type.gpus > host.gpuCount) {
    const has = host.gpuCount === 0 ? 'none' : String(host.gpuCount);
    return { fits: false, reason: `It needs ${type.gpus} GPU${type.gpus > 1 ? 's' : ''}; this host has ${has}.` };
  }
  const smaller = type.cpu > host.cpuCount || type.memoryMib > host.memoryMib;
  const named = `${type.cpu} CPUs and ${type.memoryMib} MiB of memory`;
  if (smaller && type.fit === 'exact') {
    return {
      fits: false,
      reason: `It needs ${named}; this host has ${host.cpuCount} CPUs and ${host.memoryMib} MiB.`,
    };
  }
  const cpu = Math.min(type.cpu, host.cpuCount);
  const memoryMib = Math.min(type.memoryMib, host.memoryMib);
  const reason = smaller
    ? `It is named for ${named}; here it gets ${cpu} CPUs and ${memoryMib} MiB, because the host is smaller.`
    : 'It fits this host.';
  return { fits: true, cpu, memoryMib, reason };
}
