import { type ChildProcess, spawn } from 'node:child_process';
import { onCore } from './pinning.ts';

/** What would be left behind by a bench that fails or is interrupted. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a program that keeps to one core; its output goes where ours goes, and it does not outlive us. */
export function spawnOnCore(
  core: number | string | null,
  command: readonly string[],
  options: { env?: Record<string, string>; ipc?: boolean } = {},
): ChildProcess {
  const [program, ...args] = onCore(core, command);
  const child = spawn(program as string, args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'inherit', 'inherit', ...(options.ipc === true ? (['ipc'] as const) : [])],
    // As the gateway's primary speaks to its workers.
    serialization: 'advanced',
  });
  return killedWithUs(child);
}

/** Runs a program that keeps to one core. @returns what it printed @throws when it ends with another status than 0 */
export async function outputOnCore(core: number | string | null, command: readonly string[]): Promise<string> {
  const [program, ...args] = onCore(core, command);
  const child = killedWithUs(spawn(program as string, args, { stdio: ['ignore', 'pipe', 'inherit'] }));
  let output = '';
  child.stdout.on('data', (text) => (output += text));
  const status = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  if (status !== 0) throw new Error(`${command.slice(0, 2).join(' ')} ended with status ${status}: ${output}`);
  return output;
}

/** Runs a script in a Node of its own on a core: options go in as one JSON argument, the result comes out as JSON. */
export async function runScriptOnCore<T>(script: string, options: unknown, core: number | string | null): Promise<T> {
  return JSON.parse(await outputOnCore(core, [process.execPath, script, JSON.stringify(options)])) as T;
}

function killedWithUs<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}
