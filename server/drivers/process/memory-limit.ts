import { platform } from 'node:os';
import type { ObservedInstance } from '../runtime-driver.ts';

/**
 * How memory is bounded here. A plain process has no memory limit that the kernel would enforce exactly: RLIMIT_AS counts address space, of
 * which V8 and onnxruntime reserve far more than they use, so it would break them. RLIMIT_DATA counts private writable memory; it is set well
 * above the limit and stops only what grows faster than the driver's look once a second, which ends an instance over its limit.
 */
export const memoryLimit: {
  by: ObservedInstance['memoryLimitBy'];
  dataLimitKib(memoryMib: number): number | null;
} =
  platform() === 'linux'
    ? { by: 'rlimit', dataLimitKib: (memoryMib) => (memoryMib * 2 + 1024) * 1024 }
    : { by: 'none', dataLimitKib: () => null };
