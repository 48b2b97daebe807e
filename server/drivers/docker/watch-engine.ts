import { formatInstant, type Clock } from '#server/kernel/clock.ts';
import { DriverUnavailableError } from '../runtime-driver.ts';
import { pause } from '../supervision/pause.ts';
import type { Engine, EngineEvent } from './engine.ts';

/** An event tells of a change at once; this is for the ones that were missed. */
const RESYNC_MS = 10_000;

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;

export interface WatchEngineDeps {
  engine: Pick<Engine, 'events'>;
  filter: readonly string[];
  clock: Clock;
  /** Looks at everything. Called after every time that events may have been missed. */
  resync(): Promise<void>;
  onEvent(event: EngineEvent): void;
  /** The engine has gone or has come back. */
  onChange(): void;
  onError(what: string, error: unknown): void;
}

/** Keeps listening to the engine, and knows whether it is there. */
export interface EngineWatch {
  /** Resolves when the engine has been seen, or has been looked for in vain once. */
  start(): Promise<void>;
  /** RFC 3339; null while the engine answers. */
  readonly downSince: string | null;
  /** Why it did not answer last, in sentences. */
  readonly trouble: string;
  /** Resolves when the engine answers; at once when it does. Rejects with the signal's reason. */
  whenUp(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

export function watchEngine(deps: WatchEngineDeps): EngineWatch {
  const leaving = new AbortController();
  let downSince: string | null = formatInstant(deps.clock.now());
  let isTold = false;
  let trouble = 'The Docker engine has not been looked for yet.';
  let arrived = Promise.withResolvers<void>();
  let loop: Promise<void> = Promise.resolve();

  function noteUp(): void {
    if (downSince === null) return;
    downSince = null;
    isTold = false;
    arrived.resolve();
    deps.onChange();
  }

  function noteDown(error: unknown): void {
    if (downSince === null) {
      downSince = formatInstant(deps.clock.now());
      arrived = Promise.withResolvers<void>();
    }
    trouble = (error as Error).message;
    // Once for each time that it goes.
    if (isTold) return;
    isTold = true;
    deps.onError('the container engine', error);
    deps.onChange();
  }

  /** Listens before it looks, so that nothing falls between the two; ends when the connection or a look fails. */
  async function listen(onUp: () => void): Promise<void> {
    const ending = new AbortController();
    const stop = (): void => ending.abort();
    leaving.signal.addEventListener('abort', stop, { once: true });
    let lost: unknown = null;
    // An engine that hangs sends no events and closes nothing: the looks find out.
    const timer = setInterval(() => {
      deps.resync().catch((error: unknown) => {
        lost = error;
        stop();
      });
    }, RESYNC_MS);
    try {
      const events = await deps.engine.events(deps.filter, ending.signal);
      await deps.resync();
      onUp();
      for await (const event of events) deps.onEvent(event);
    } finally {
      clearInterval(timer);
      leaving.signal.removeEventListener('abort', stop);
      stop();
    }
    throw lost ?? new DriverUnavailableError('The Docker engine has closed the connection.');
  }

  async function run(onTried: () => void): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!leaving.signal.aborted) {
      try {
        await listen(() => {
          retryMs = FIRST_RETRY_MS;
          noteUp();
          onTried();
        });
      } catch (error) {
        if (leaving.signal.aborted) break;
        noteDown(error);
        onTried();
      }
      await pause(retryMs, leaving.signal).catch(() => undefined);
      retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
    }
    onTried();
  }

  return {
    start: () =>
      new Promise((resolve) => {
        loop = run(resolve);
      }),
    get downSince() {
      return downSince;
    },
    get trouble() {
      return trouble;
    },
    whenUp: (signal) => (downSince === null ? Promise.resolve() : untilAborted(arrived.promise, signal)),
    async stop() {
      leaving.abort();
      await loop;
    },
  };
}

/**
 * Waits for work no longer than until the signal aborts; the work itself goes on.
 * @throws the signal's reason
 */
export function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
