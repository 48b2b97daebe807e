import { execFile } from 'node:child_process';
import { parseGpuList } from './gpu-devices.ts';

const ANSWER_MS = 5_000;

/**
 * Ids of the GPUs and MIG slices of this host. They are asked for anew each time: indices change with the devices and slices are cut anew while hosts
 * run, so a device is known by its own id.
 * @param program path or name of `nvidia-smi`; where it is not there, or fails, there are none
 */
export function listGpuIds(program: string): Promise<string[]> {
  return new Promise((resolve) => {
    execFile(program, ['-L'], { timeout: ANSWER_MS }, (error, stdout) =>
      resolve(error === null ? parseGpuList(stdout) : []),
    );
  });
}
