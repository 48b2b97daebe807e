import { spawn } from 'node:child_process';
import type { ProgramEnd, ProgramRun } from '#server/domain/trial.ts';

/** Of each stream; what comes later is kept instead of what came first. */
const MAX_KEPT_CHARACTERS = 512 * 1024;

/** Between the polite signal and the kill. */
const GRACE_MS = 2_000;

/**
 * Runs a program to its end, in a process group of its own, so that nothing it started is left.
 * @param searchPath PATH of the program; nothing else of this process's environment reaches it
 */
export function createProgramRunner(searchPath: string | undefined) {
  return (run: ProgramRun): Promise<ProgramEnd> =>
    new Promise((resolve, reject) => {
      const [program = '', ...args] = run.command;
      const env: Record<string, string> = { ...(searchPath !== undefined && { PATH: searchPath }), ...run.environment };
      // Typed by its caller's framework, NODE_ENV would have to be set; a program in Python has no use for it.
      const child = spawn(program, args, { env: env as NodeJS.ProcessEnv, detached: true, stdio: 'pipe' });
      let timedOut = false;
      let kill: NodeJS.Timeout | undefined;
      const end = (): void => {
        signalGroup(child.pid, 'SIGTERM');
        kill ??= setTimeout(() => signalGroup(child.pid, 'SIGKILL'), GRACE_MS);
      };
      const limit = setTimeout(() => {
        timedOut = true;
        end();
      }, run.timeoutMs);
      const [stdout, stderr] = [keepLast(child.stdout), keepLast(child.stderr)];
      run.signal.addEventListener('abort', end, { once: true });
      if (run.signal.aborted) end();
      // A program that ends before it has read everything closes its end; how it ended is told by its status.
      child.stdin.on('error', () => undefined);
      child.stdin.end(run.input);
      const release = (): void => {
        clearTimeout(limit);
        clearTimeout(kill);
        run.signal.removeEventListener('abort', end);
      };
      child.on('error', (error) => {
        release();
        reject(error);
      });
      child.on('close', (code, signal) => {
        release();
        signalGroup(child.pid, 'SIGKILL');
        resolve({ code, signal, timedOut, stdout: stdout(), stderr: stderr() });
      });
    });
}

function keepLast(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text = (text + chunk).slice(-MAX_KEPT_CHARACTERS);
  });
  return () => text;
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
