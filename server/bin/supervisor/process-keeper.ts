import { spawn, type ChildProcess } from 'node:child_process';
import type { Logger } from '#server/kernel/logger.ts';
import type { ProcessMessage } from '#server/kernel/process-link.ts';

export interface KeptProcess {
  name: string;
  args: readonly string[];
  cwd: string;
  environment: NodeJS.ProcessEnv;
  /** For programs that do not speak `process-link`: resolves when the process with this pid serves, rejects when it never will. */
  waitUntilReady?: (pid: number, signal: AbortSignal) => Promise<void>;
  /** Time between SIGTERM and SIGKILL. */
  stopTimeoutMs: number;
}

export interface KeeperEvents {
  onPid: (name: string, pid: number | null) => void;
  onMessage: (name: string, message: ProcessMessage) => void;
}

export interface ProcessKeeper {
  /** Resolves when the process serves for the first time; rejects when it says that it cannot start. */
  readonly firstReady: Promise<void>;
  stop(): Promise<void>;
}

const FIRST_BACK_OFF_MS = 100;
const MAX_BACK_OFF_MS = 10_000;
/** A process that served this long starts its back-off afresh. */
const STABLE_AFTER_MS = 30_000;

/** Keeps one process running: starts it, starts it again when it dies, later each time it dies young, and stops it politely. */
export function keepProcess(spec: KeptProcess, events: KeeperEvents, logger: Logger): ProcessKeeper {
  const first = Promise.withResolvers<void>();
  // The supervisor awaits it; a rejection after that await has ended must not end the supervisor.
  first.promise.catch(() => undefined);
  let child: ChildProcess | null = null;
  let restartTimer: NodeJS.Timeout | undefined;
  let backOffMs = FIRST_BACK_OFF_MS;
  let served = false;
  let fatalText: string | null = null;
  let stopping = false;
  let onGone: (() => void) | null = null;

  function start(): void {
    const startedAt = performance.now();
    const watch = new AbortController();
    const started = spawn(process.execPath, spec.args, {
      cwd: spec.cwd,
      env: spec.environment,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child = started;
    started.on('message', (message) => onMessage(message as ProcessMessage));
    started.once('spawn', () => {
      events.onPid(spec.name, started.pid ?? null);
      if (spec.waitUntilReady !== undefined && started.pid !== undefined) {
        spec.waitUntilReady(started.pid, watch.signal).then(onReady, (error: unknown) => {
          if (!watch.signal.aborted) first.reject(error);
        });
      }
    });
    started.once('error', (error) => first.reject(error));
    started.once('exit', (code, signal) => {
      watch.abort();
      onExit(code, signal, performance.now() - startedAt);
    });
  }

  function onMessage(message: ProcessMessage): void {
    if (message.type === 'ready') onReady();
    if (message.type === 'fatal') fatalText = message.text;
    events.onMessage(spec.name, message);
  }

  function onReady(): void {
    served = true;
    first.resolve();
  }

  function onExit(code: number | null, signal: NodeJS.Signals | null, livedMs: number): void {
    child = null;
    events.onPid(spec.name, null);
    if (stopping) return onGone?.();
    if (fatalText !== null && !served) return first.reject(new Error(fatalText));
    fatalText = null;
    if (livedMs > STABLE_AFTER_MS) backOffMs = FIRST_BACK_OFF_MS;
    logger.warn(
      { name: spec.name, code, signal, lived_ms: Math.round(livedMs), restart_in_ms: backOffMs },
      'process ended',
    );
    restartTimer = setTimeout(start, backOffMs);
    backOffMs = Math.min(MAX_BACK_OFF_MS, backOffMs * 2);
  }

  async function stop(): Promise<void> {
    stopping = true;
    clearTimeout(restartTimer);
    const running = child;
    if (running === null) return;
    const gone = new Promise<void>((resolve) => {
      onGone = resolve;
    });
    running.kill('SIGTERM');
    const timer = setTimeout(() => {
      logger.error({ name: spec.name }, 'process did not stop in time and is killed');
      running.kill('SIGKILL');
    }, spec.stopTimeoutMs);
    await gone;
    clearTimeout(timer);
  }

  start();
  return { firstReady: first.promise, stop };
}
