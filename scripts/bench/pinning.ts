import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

/** Core for the servers and core for the load; null where the host cannot pin, which the figures then suffer from. */
export const SERVER_CORE = canPin ? 0 : null;
export const LOAD_CORE = canPin ? 1 : null;

/** Two cores for servers and two others for the load; null where the host has fewer than four, so that nothing can be said about scaling. */
export const TWO_SERVER_CORES = canPin && availableParallelism() >= 4 ? '0,1' : null;
export const TWO_LOAD_CORES = canPin && availableParallelism() >= 4 ? '2,3' : null;

/** A command that keeps to one core, or to the ones of a list like `2,3`. */
export function onCore(core: number | string | null, command: readonly string[]): string[] {
  return core === null ? [...command] : ['taskset', '-c', String(core), ...command];
}
