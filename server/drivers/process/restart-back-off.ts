const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

/** A run at least this long was not a failed start: the next exit waits the shortest delay again. */
const STABLE_RUN_MS = 60_000;

export interface BackOff {
  quickExits: number;
  delayMs: number;
}

/** How long to wait after an exit: 1 s, doubling to 60 s while runs stay short. `ranMs` is how long the program ran. */
export function decideBackOff(quickExits: number, ranMs: number): BackOff {
  const count = ranMs >= STABLE_RUN_MS ? 1 : quickExits + 1;
  return { quickExits: count, delayMs: Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(count - 1, 16)) };
}
