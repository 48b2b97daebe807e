import type { HostRuntimes } from '#server/domain/choose-build-runtime.ts';
import type { EnvironmentBuilder } from '#server/domain/environment-build.ts';
import { noEnvironments, noRuntimes } from '#server/testing/no-environments.ts';

export interface ComposedEnvironments {
  environments: EnvironmentBuilder;
  runtimes: HostRuntimes;
}

/** What builds environments on this host. */
export function composeEnvironments(): ComposedEnvironments {
  return { environments: noEnvironments, runtimes: noRuntimes };
}
