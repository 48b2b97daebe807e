import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { identityOf } from '#server/kernel/process-identity.ts';

/** Time for a program to end politely before its group is killed. */
const GRACE_MS = 2_000;
/** Of each stream; what comes later is kept instead of what came first. Enough for what a solver says of a conflict and for lists of packages. */
const MAX_OUTPUT_CHARACTERS = 2 ** 20;

export interface ProgramRun {
  command: string;
  args: readonly string[];
  /** All that the program gets; nothing of ours is added. */
  environment: Readonly<Record<string, string>>;
  cwd: string;
  /** Written to its standard input, which is closed otherwise. */
  input?: string;
  timeoutMs: number;
  signal: AbortSignal;
  onLine?: (line: string) => void;
  /** Folder for a note of the running program, by which a later start finds what a crash left behind. */
  runningDir: string;
}

export interface ProgramEnd {
  /** Null when a signal ended it. */
  status: number | null;
  stdout: string;
  /** Both streams, in the order of their lines. */
  output: string;
  timedOut: boolean;
}

/** Of a program of this host. */
export interface LocalProgramEnd extends ProgramEnd {
  /** That ended it, if one did. */
  signal: NodeJS.Signals | null;
  stderr: string;
}

/**
 * Runs a program as leader of a process group of its own, so that compilers and whatever else it starts end with it.
 * @throws the signal's reason when it aborts, after the group is gone; the error of `spawn` when the program cannot be started
 */
export async function runProgram(run: ProgramRun): Promise<LocalProgramEnd> {
  run.signal.throwIfAborted();
  const child = spawn(run.command, [...run.args], {
    cwd: run.cwd,
    // Next declares NODE_ENV as always there; a program of somebody else has no use for it.
    env: run.environment as NodeJS.ProcessEnv,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  // Not started: `close` follows `error`, and who awaits it gets the error.
  if (child.pid === undefined) return ended.then(() => Promise.reject(new Error(`${run.command} did not start`)));
  const group = child.pid;
  // A program that ends before it has read everything closes its end; how it ended is told by its status.
  child.stdin.on('error', () => undefined);
  child.stdin.end(run.input ?? '');
  const [stdout, stderr, output] = [keepLast(), keepLast(), keepLast()];
  // Before anything is waited for: Node throws away what a program that has ended left in pipes that nobody reads.
  collectLines(child.stdout, [stdout, output], run.onLine);
  collectLines(child.stderr, [stderr, output], run.onLine);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    endGroup();
  }, run.timeoutMs);
  let killTimer: NodeJS.Timeout | undefined;
  function endGroup(): void {
    signalGroup(group, 'SIGTERM');
    killTimer ??= setTimeout(() => {
      signalGroup(group, 'SIGKILL');
      // A process that left the group may hold the pipes open for ever.
      child.stdout.destroy();
      child.stderr.destroy();
    }, GRACE_MS);
  }
  run.signal.addEventListener('abort', endGroup, { once: true });
  if (run.signal.aborted) endGroup();
  const note = join(run.runningDir, `${group}.json`);
  try {
    await writeFile(note, JSON.stringify(identityOf(group) ?? { pid: group }), { mode: 0o600 });
    const [status, signal] = await ended;
    run.signal.throwIfAborted();
    return { status, signal, stdout: stdout.text(), stderr: stderr.text(), output: output.text(), timedOut };
  } finally {
    clearTimeout(timer);
    clearTimeout(killTimer);
    run.signal.removeEventListener('abort', endGroup);
    // The leader is gone; what it left in its group goes with it.
    signalGroup(group, 'SIGKILL');
    await rm(note, { force: true });
  }
}

interface KeptLines {
  add(line: string): void;
  text(): string;
}

/** The last lines, as many as there is room for. */
function keepLast(): KeptLines {
  const lines: string[] = [];
  let characters = 0;
  return {
    add(line) {
      lines.push(line);
      characters += line.length + 1;
      for (let first = lines[0]; first !== undefined && characters > MAX_OUTPUT_CHARACTERS; first = lines[0]) {
        lines.shift();
        characters -= first.length + 1;
      }
    },
    text: () => lines.join('\n'),
  };
}

function collectLines(stream: Readable, kept: readonly KeptLines[], onLine?: (line: string) => void): void {
  createInterface({ input: stream }).on('line', (line) => {
    onLine?.(line);
    for (const lines of kept) lines.add(line);
  });
}

export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
