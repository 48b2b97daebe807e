import { constants } from 'node:os';
import { formatInstant } from '#server/kernel/clock.ts';
import type { InstanceExit } from '../runtime-driver.ts';
import { describeExit } from '../supervision/describe-exit.ts';
import type { InspectedContainer } from './engine.ts';

/** Statuses above this are the signal's number that ended the program, as a shell and the init in the container pass them on (POSIX, 2.8.2). */
const SIGNAL_STATUS = 128;

/**
 * How a program ended, from its container.
 * @param container null when it is not there any more
 * @param endedBecause why the driver itself ended it
 * @param nowMs of an end that has no time
 */
export function describeEnd(
  container: Pick<InspectedContainer, 'exitCode' | 'outOfMemory' | 'finishedAt'> | null,
  endedBecause: string | null,
  nowMs: number,
): InstanceExit {
  if (container === null) {
    const reason = endedBecause ?? 'its container was removed by somebody else';
    return { code: null, signal: null, reason, outOfMemory: false, at: formatInstant(nowMs) };
  }
  const { exitCode: code, finishedAt } = container;
  const signal = signalOf(code);
  // A worker of the program may have been killed for memory long before it ended well.
  const outOfMemory = container.outOfMemory && code !== 0 && endedBecause === null;
  const reason = describeExit({ code: signal === null ? code : null, signal, endedBecause, outOfMemory });
  const finishedMs = Date.parse(finishedAt);
  return { code, signal, reason, outOfMemory, at: formatInstant(finishedMs > 0 ? finishedMs : nowMs) };
}

function signalOf(code: number): string | null {
  const number = code - SIGNAL_STATUS;
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? null;
}
