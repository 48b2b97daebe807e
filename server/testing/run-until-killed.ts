import { execFile } from 'node:child_process';

/** Runs a program that prints the number of kill points that it passed. Returns that number, null when it was killed at one. */
export function runUntilKilled(entry: string, parameters: readonly string[]): Promise<number | null> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [entry, ...parameters], (error, stdout, stderr) => {
      if (error === null) resolve(Number(stdout));
      else if (error.signal === 'SIGKILL') resolve(null);
      else reject(new Error(`The program failed: ${stderr}`, { cause: error }));
    });
  });
}
