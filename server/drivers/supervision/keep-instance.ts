import {
  DriverStoppedError,
  DriverUnavailableError,
  type EnsureOutcome,
  type ObservedInstance,
} from '../runtime-driver.ts';
import type { SupervisedRecord } from './supervised-record.ts';

/** Between attempts at a start that could not be carried out. */
export const RETRY_MS = 1_000;

export interface KeepOptions<Kept extends SupervisedRecord> {
  initial: Kept;
  write(record: Kept): Promise<void>;
  /** Starts the program again; runs in turn. */
  restart(): Promise<void>;
  onHint(endpoint: string): void;
  onError(instanceId: string, error: unknown): void;
}

/** The record of one instance, and the order in which things happen to it. */
export interface KeptInstance<Kept extends SupervisedRecord> {
  readonly record: Kept;
  /** Aborts when this driver leaves the instance to the next one. */
  readonly leaving: AbortSignal;
  /** Everything that changes the record happens one after the other. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>;
  /** In turn, for what nobody waits for: its errors are reported. */
  soon(work: () => Promise<unknown>): void;
  /** A change counts once it is written down. */
  save(change: Partial<Kept>): Promise<void>;
  /** For what can be found out again from the world: a full disk must not stop the watching. */
  saveIfPossible(change: Partial<Kept>): Promise<void>;
  /** Instead of a restart that was planned before; one that throws is tried again. */
  restartAfter(delayMs: number): void;
  cancelRestart(): void;
  leave(): void;
  /** Resolves when everything that was in turn has ended. */
  settled(): Promise<void>;
}

export function keepInstance<Kept extends SupervisedRecord>(options: KeepOptions<Kept>): KeptInstance<Kept> {
  const { instanceId, endpoint } = options.initial.spec;
  const leaving = new AbortController();
  let record = options.initial;
  let restartTimer: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = turn.then(work);
    turn = result.catch((error: unknown) => {
      const isExpected = error instanceof DriverStoppedError || error instanceof DriverUnavailableError;
      if (!isExpected) options.onError(instanceId, error);
    });
    return result;
  }

  async function save(change: Partial<Kept>): Promise<void> {
    const next = { ...record, ...change };
    await options.write(next);
    record = next;
    options.onHint(endpoint);
  }

  function restartAfter(delayMs: number): void {
    if (leaving.signal.aborted) return;
    clearTimeout(restartTimer);
    restartTimer = setTimeout(() => void inTurn(options.restart).catch(() => restartAfter(RETRY_MS)), delayMs);
  }

  return {
    get record() {
      return record;
    },
    leaving: leaving.signal,
    inTurn,
    soon: (work) => void inTurn(work).catch(() => undefined),
    save,
    async saveIfPossible(change) {
      await save(change).catch((error: unknown) => {
        record = { ...record, ...change };
        options.onHint(endpoint);
        options.onError(instanceId, error);
      });
    },
    restartAfter,
    cancelRestart: () => clearTimeout(restartTimer),
    leave() {
      leaving.abort(new DriverStoppedError());
      clearTimeout(restartTimer);
    },
    settled: async () => void (await turn),
  };
}

/** Keeps one instance as its record says: started, probed, started again with a back-off, ended. */
export interface Supervisor<Kept extends SupervisedRecord> {
  readonly record: Kept;
  /** First start. */
  begin(): Promise<EnsureOutcome>;
  /** Goes on where a driver that is no more stopped; a removal it had begun is the caller's to finish. */
  adopt(): Promise<void>;
  observe(): ObservedInstance;
  /** Somebody has seen it failing: looks now whether the program lives and is ready. */
  check(): void;
  remove(): Promise<void>;
  /** Ends the program, to be started again by the next driver that adopts the instance. */
  suspend(): Promise<void>;
  /** Stops watching; the program runs on. */
  detach(): Promise<void>;
}
