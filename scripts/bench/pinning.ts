import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

/** Core for the servers and core for the load; null where the host cannot pin, which the figures then suffer from. */
export const SERVER_CORE = canPin ? 0 : null;
export const LOAD_CORE = canPin ? 1 : null;

/** A command that keeps to one core. */
export function onCore(core: number | null, command: readonly string[]): string[] {
  return core === null ? [...command] : ['taskset', '-c', String(core), ...command];
}
