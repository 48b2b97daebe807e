import type { CheckPackages } from '#server/domain/environment-build.ts';
import type { RunProgram, Trials } from '#server/domain/trial.ts';
import type { InlinePartsContext } from './register-inline-parts.ts';
import type { CommandContext } from './command-context.ts';

/** What checks before a deployment work with. */
export interface CheckContext extends InlinePartsContext, Pick<CommandContext, 'host' | 'runtimes'> {
  trials: Trials;
  runProgram: RunProgram;
  checkPackages: CheckPackages;
  /** Folder of our Python server. */
  pythonServerDir: string;
}
