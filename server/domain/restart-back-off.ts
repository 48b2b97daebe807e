const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

/** A run at least this long was not a failed start: the next exit counts as a first one again. */
const STABLE_RUN_MS = 60_000;

export interface BackOff {
  quickExits: number;
  delayMs: number;
}

/**
 * How long to wait after an exit: not at all after the first, for it may be the only instance that serves; then 1 s, doubling to 60 s while runs
 * stay short. `ranMs` is how long the program ran.
 */
export function decideBackOff(quickExits: number, ranMs: number): BackOff {
  const count = ranMs >= STABLE_RUN_MS ? 1 : quickExits + 1;
  return { quickExits: count, delayMs: longestBackOffMs(count) };
}

/** The longest that a program can wait which has ended this often: as long as if each run had been short. */
export function longestBackOffMs(exits: number): number {
  return exits <= 1 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(exits - 2, 16));
}
