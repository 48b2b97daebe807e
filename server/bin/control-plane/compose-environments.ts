import type { HostRuntimes } from '#server/domain/choose-build-runtime.ts';
import type { CheckPackages, EnvironmentBuilder } from '#server/domain/environment-build.ts';
import type { RunProgram } from '#server/domain/trial.ts';
import { noChecks, noEnvironments, noPrograms, noRuntimes } from '#server/testing/no-environments.ts';

export interface ComposedEnvironments {
  environments: EnvironmentBuilder;
  runtimes: HostRuntimes;
  checkPackages: CheckPackages;
  runProgram: RunProgram;
}

/** What builds environments on this host. */
export function composeEnvironments(): ComposedEnvironments {
  return { environments: noEnvironments, runtimes: noRuntimes, checkPackages: noChecks, runProgram: noPrograms };
}
