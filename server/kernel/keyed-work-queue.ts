/**
 * A work queue with one worker per key.
 *
 * Guarantees: a key never runs twice at once; a key added while it runs runs again afterwards, once, however often it was added; a pass that
 * throws is run again after a back-off that doubles up to a limit and is forgotten by the next success. Nothing is remembered across
 * processes: the periodic resync of the caller finds what a crash forgot.
 */
export interface KeyedWorkQueue {
  /** Asks for a pass over the key, now or after a delay; the earliest wish wins. */
  add(key: string, delayMs?: number): void;
  /** Resolves when nothing runs and nothing is due at once (delayed work does not count). */
  idle(): Promise<void>;
  /** Takes no more work and resolves when the running passes have ended. */
  stop(): Promise<void>;
}

export interface KeyedWorkQueueOptions {
  work: (key: string) => Promise<void>;
  onError: (key: string, error: unknown, retryInMs: number) => void;
  maxConcurrent?: number;
  baseRetryMs?: number;
  maxRetryMs?: number;
}

export function createKeyedWorkQueue(options: KeyedWorkQueueOptions): KeyedWorkQueue {
  const { work, onError, maxConcurrent = 8, baseRetryMs = 200, maxRetryMs = 30_000 } = options;
  const due = new Set<string>();
  const running = new Set<string>();
  const timers = new Map<string, { at: number; timer: NodeJS.Timeout }>();
  const failures = new Map<string, number>();
  let idleWaiters: (() => void)[] = [];
  let stopped = false;

  function add(key: string, delayMs = 0): void {
    if (stopped) return;
    if (delayMs > 0) return addLater(key, delayMs);
    cancelTimer(key);
    due.add(key);
    pump();
  }

  function addLater(key: string, delayMs: number): void {
    const at = performance.now() + delayMs;
    const planned = timers.get(key);
    if (due.has(key) || (planned !== undefined && planned.at <= at)) return;
    cancelTimer(key);
    const timer = setTimeout(() => {
      timers.delete(key);
      add(key);
    }, delayMs);
    timers.set(key, { at, timer });
  }

  function cancelTimer(key: string): void {
    clearTimeout(timers.get(key)?.timer);
    timers.delete(key);
  }

  function pump(): void {
    for (const key of due) {
      if (running.size >= maxConcurrent) return;
      if (running.has(key)) continue;
      due.delete(key);
      running.add(key);
      void run(key);
    }
  }

  async function run(key: string): Promise<void> {
    try {
      await work(key);
      failures.delete(key);
    } catch (error) {
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      const retryInMs = Math.min(maxRetryMs, baseRetryMs * 2 ** (count - 1));
      onError(key, error, retryInMs);
      addLater(key, retryInMs);
    } finally {
      running.delete(key);
      pump();
      settleIdle();
    }
  }

  function settleIdle(): void {
    if (running.size > 0 || (due.size > 0 && !stopped)) return;
    const waiters = idleWaiters;
    idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  const idle = (): Promise<void> =>
    new Promise((resolve) => {
      idleWaiters.push(resolve);
      settleIdle();
    });

  return {
    add,
    idle,
    stop() {
      stopped = true;
      due.clear();
      for (const key of timers.keys()) cancelTimer(key);
      return idle();
    },
  };
}
