import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { ProcessMessage } from '#server/kernel/process-link.ts';

const BIN = join(import.meta.dirname, '..', 'bin');
const START_TIMEOUT_MS = 60_000;

/** Starts one of the processes in `server/bin` as the supervisor does; resolves when it says that it serves. It is added to `started` at once. */
export function startProcess(
  name: string,
  env: NodeJS.ProcessEnv,
  started: ChildProcess[],
): Promise<{ port: number | undefined }> {
  const child = spawn(process.execPath, [join(BIN, `${name}.ts`)], {
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  started.push(child);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(`${name} did not start within ${START_TIMEOUT_MS} ms.`), START_TIMEOUT_MS);
    const fail = (text: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(text));
    };
    child.on('message', (message: ProcessMessage) => {
      if (message.type !== 'ready') return;
      clearTimeout(timer);
      resolve({ port: message.port });
    });
    child.once('exit', (code) => fail(`${name} ended with status ${code}.`));
  });
}

/** Asks a process to leave and waits until it has. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await exited;
}
