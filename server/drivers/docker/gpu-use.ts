import { execFile } from 'node:child_process';
import type { GpuUse } from '#server/domain/ports.ts';
import type { Clock } from '#server/kernel/clock.ts';

/** What one device does now. */
export interface MeasuredGpu extends GpuUse {
  /** Position in the driver's list, which older records name a device by. */
  index: string;
}

const ANSWER_MS = 5_000;

/** The program takes up to a second of a CPU where the driver is not kept loaded. */
const MEASURE_EVERY_MS = 15_000;

const MIB = 2 ** 20;
const QUERY = ['--query-gpu=index,uuid,memory.used,memory.total,utilization.gpu', '--format=csv,noheader,nounits'];

/** Reads the output of `nvidia-smi --query-gpu=…`: MiB and percent; `[N/A]`, `[Not Supported]` and the like are not known. */
export function parseGpuUse(output: string): MeasuredGpu[] {
  return output.split('\n').flatMap((line) => {
    const [index, id, used, total, utilization] = line.split(',').map((field) => field.trim());
    if (index === undefined || id === undefined || !id.startsWith('GPU-')) return [];
    return [{ index, id, usedBytes: bytesOf(used), totalBytes: bytesOf(total), busyPercent: numberOf(utilization) }];
  });
}

const bytesOf = (field: string | undefined): number | null => {
  const mib = numberOf(field);
  return mib === null ? null : mib * MIB;
};

const numberOf = (field: string | undefined): number | null =>
  field !== undefined && /^\d+(?:\.\d+)?$/.test(field) ? Number(field) : null;

/** @param program path or name of `nvidia-smi`; where it is not there, or fails, there is nothing to tell */
export function measureGpus(program: string): Promise<MeasuredGpu[]> {
  return new Promise((resolve) => {
    execFile(program, QUERY, { timeout: ANSWER_MS }, (error, stdout) =>
      resolve(error === null ? parseGpuUse(stdout) : []),
    );
  });
}

/** What the devices of instances do, as it was last measured. */
export interface GpuMeter {
  /** Never waits: measures anew beside it where the last time is long past. Null until something was measured. */
  useOf(devices: readonly string[]): GpuUse[] | null;
}

export function createGpuMeter(measure: () => Promise<readonly MeasuredGpu[]>, clock: Clock): GpuMeter {
  let measured: readonly MeasuredGpu[] | null = null;
  let askedAt = -Infinity;

  async function measureAnew(): Promise<void> {
    askedAt = clock.monotonic();
    measured = await measure();
  }

  return {
    useOf(devices) {
      if (clock.monotonic() - askedAt >= MEASURE_EVERY_MS) void measureAnew();
      const rows = measured;
      return rows && devices.map((device) => describe(device, rows));
    },
  };
}

/** Of a MIG slice the driver's query tells nothing, only of the device that it is cut from. */
function describe(device: string, rows: readonly MeasuredGpu[]): GpuUse {
  const found = rows.find(({ id, index }) => id === device || index === device);
  if (found === undefined) return { id: device, usedBytes: null, totalBytes: null, busyPercent: null };
  const { index: _position, ...use } = found;
  return use;
}
