import type { CheckPackages, EnvironmentBuilder } from '#server/domain/environment-build.ts';
import type { RunProgram } from '#server/domain/trial.ts';

/** A host that can build nothing. */
export const noEnvironments: EnvironmentBuilder = {
  start: async () => undefined,
  stop: async () => undefined,
  ensure: async () => ({
    kind: 'failed',
    failure: { code: 'deployment.runtime_unavailable', detail: 'Nothing can be built here.', logTail: [] },
  }),
  find: async () => null,
  readLog: async () => [],
  followLog: async () => undefined,
  retain: async () => undefined,
  onHint: () => () => undefined,
};

/** A host that has Python and Docker. */
export const allRuntimes = {
  python: { available: true, reason: '' },
  docker: { available: true, reason: '' },
};

export const noChecks: CheckPackages = async () => ({
  kind: 'failed',
  failure: { code: 'deployment.python_unavailable', detail: 'There is no Python here.', logTail: [] },
});

export const noPrograms: RunProgram = () => Promise.reject(new Error('Nothing can be run here.'));
