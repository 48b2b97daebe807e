import type { ErrorCode } from '#lib/contracts/error-codes.ts';
import type { EnsureOutcome } from '../runtime-driver.ts';
import type { EngineRefusalError } from './engine.ts';

/** What engines say when a container cannot be made or started, in their own words since 20.10. */
const REASONS: readonly [RegExp, ErrorCode, string][] = [
  [
    /docker-init/i,
    'deployment.container_refused',
    'The engine lacks docker-init, the first process of every container. Install it on the host (on Debian: apt install tini).',
  ],
  [/no such image/i, 'deployment.image_not_found', 'The image is not on this host any more.'],
  [
    /could not select device driver|nvidia|unknown device|no cuda/i,
    'deployment.gpu_unavailable',
    'The engine cannot give it a GPU. The NVIDIA container toolkit must be installed and the engine restarted after it.',
  ],
  [
    /non-overlapping IPv4 address pool|address pools have been fully subnetted/i,
    'deployment.container_refused',
    'No range of addresses is free for its network. Set VIRIDIAN_CONTAINER_ADDRESS_POOL to one that is, or remove networks that nothing uses (docker network prune).',
  ],
  [
    /no available IPv4 addresses/i,
    'deployment.container_refused',
    'No address is free in the network of the deployment, which has 125. Ask for fewer instances.',
  ],
  [/range of cpus/i, 'deployment.instance_type_too_large', 'The instance type has more CPUs than the engine.'],
  [/no space left on device/i, 'deployment.disk_full', 'There is no room left on the disk of the engine.'],
  [
    /executable file not found|stat [^:]+: no such file or directory/i,
    'deployment.command_not_found',
    'The command is not in the image.',
  ],
  [/exec format error/i, 'deployment.wrong_architecture', 'The image is for another processor than this host has.'],
  [/permission denied/i, 'deployment.command_not_executable', 'The command in the image cannot be executed.'],
];

/** The engine's refusal to make or start a container as an outcome, with its own words as evidence. */
export function explainRefusal(error: EngineRefusalError): Extract<EnsureOutcome, { kind: 'refused' }> {
  const [, code, sentence] = REASONS.find(([pattern]) => pattern.test(error.message)) ?? [];
  return {
    kind: 'refused',
    code: code ?? 'deployment.container_refused',
    detail: `${sentence ?? 'The engine refuses to run it.'} It says: ${error.message}`,
  };
}
