/** Who works when: first come, first served. */
export interface Turns {
  /** Runs the work once fewer than the limit are at it. @throws the signal's reason when it aborts before its turn */
  take<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result>;
}

/** @param limit how many work at a time */
export function createTurns(limit: number): Turns {
  const waiting: (() => void)[] = [];
  let busy = 0;

  async function enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (busy < limit) {
      busy += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        waiting.splice(waiting.indexOf(proceed), 1);
        reject(signal.reason as Error);
      };
      const proceed = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      waiting.push(proceed);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  return {
    async take(signal, work) {
      await enter(signal);
      try {
        return await work();
      } finally {
        // The place goes to who waits longest, or is free.
        const next = waiting.shift();
        if (next === undefined) busy -= 1;
        else next();
      }
    },
  };
}
