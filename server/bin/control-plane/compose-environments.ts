import type { HostRuntimes } from '#server/domain/choose-build-runtime.ts';
import type { EnvironmentBuilder } from '#server/domain/environment-build.ts';
import { noEnvironments, noRuntimes } from '#server/testing/no-environments.ts';

/** What builds environments on this host. */
export function composeEnvironments(): { environments: EnvironmentBuilder; runtimes: HostRuntimes } {
  return { environments: noEnvironments, runtimes: noRuntimes };
}
