import type { RunProgram } from '#server/domain/trial.ts';
import { runProgram } from './run-program.ts';

export interface ProgramRunnerOptions {
  /** PATH of programs; nothing else of this process's environment reaches them. */
  searchPath: string | undefined;
  /** Where programs start. */
  cwd: string;
  /** Folder for notes of running programs, by which a later start ends what a crash left behind. */
  runningDir: string;
}

/** Runs programs to their end; one whose signal is aborted has ended without a word. */
export function createProgramRunner({ searchPath, cwd, runningDir }: ProgramRunnerOptions): RunProgram {
  return async ({ command: [command = '', ...args], environment, ...run }) => {
    const path = searchPath === undefined ? {} : { PATH: searchPath };
    try {
      const end = await runProgram({
        ...run,
        command,
        args,
        cwd,
        runningDir,
        environment: { ...path, ...environment },
      });
      const { status: code, signal, timedOut, stdout, stderr } = end;
      return { code, signal, timedOut, stdout, stderr };
    } catch (error) {
      if (!run.signal.aborted) throw error;
      return { code: null, signal: 'SIGTERM', timedOut: false, stdout: '', stderr: '' };
    }
  };
}
