import { AppError } from '#server/kernel/app-error.ts';
import type { TritonHost } from './choose-triton-server.ts';
import { type BuildRuntime, needsContainer, type StoredDefinition } from './environment.ts';

/** What this host can build for and run on; a reason says what is missing and how to get it. */
export interface HostRuntimes {
  python: { available: boolean; reason: string };
  docker: { available: boolean; reason: string };
  /** Left out where nobody looked, which is as if it had none. */
  triton?: TritonHost;
}

export interface RuntimeChoice {
  runtime: BuildRuntime;
  /** In a sentence, for the answer. */
  reason: string;
}

/**
 * Where Python of an environment runs: as the deployment says, else in a container where only that can have it, else as a process of this host.
 * @throws AppError `deployment.runtime_unavailable` naming what is missing
 */
export function choosePythonRuntime(
  wanted: BuildRuntime | undefined,
  definition: StoredDefinition,
  host: HostRuntimes,
): RuntimeChoice {
  if (wanted === 'docker' || (wanted === undefined && needsContainer(definition))) {
    refuseMissing('docker', host, wanted);
    return {
      runtime: 'docker',
      reason: wanted ? CHOSEN : 'Chosen because only a container can have this environment.',
    };
  }
  if (wanted === 'process' && needsContainer(definition)) {
    throw unavailable(
      'process',
      'This environment can only be had in a container. Leave "runtime" out, or give packages instead of an image.',
    );
  }
  const imageNamed = definition.image !== null;
  if (wanted === undefined && host.docker.available && (imageNamed || !host.python.available)) {
    return {
      runtime: 'docker',
      reason: imageNamed ? 'Chosen because the environment names an image.' : 'Chosen because this host has no Python.',
    };
  }
  refuseMissing('process', host, wanted);
  return {
    runtime: 'process',
    reason: wanted ? CHOSEN : 'Chosen because it needs nothing but the Python of this host.',
  };
}

/** @throws AppError `deployment.runtime_unavailable` */
export function refuseMissing(runtime: BuildRuntime, host: HostRuntimes, wanted: BuildRuntime | undefined): void {
  const needed = runtime === 'docker' ? host.docker : host.python;
  if (!needed.available) throw unavailable(wanted === undefined ? 'environment' : 'runtime', needed.reason);
}

const CHOSEN = 'Chosen by the deployment.';

function unavailable(field: string, detail: string): AppError {
  return new AppError('deployment.runtime_unavailable', detail, { errors: [{ path: `/${field}`, message: detail }] });
}
