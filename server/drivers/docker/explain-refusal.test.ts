import { expect, test } from 'vitest';
import { EngineRefusalError } from './engine.ts';
import { explainRefusal } from './explain-refusal.ts';

test.each([
  [404, 'No such image: sha256:00', 'deployment.image_not_found'],
  [500, 'could not select device driver "" with capabilities: [[gpu]]', 'deployment.gpu_unavailable'],
  [500, 'nvidia-container-cli: device error: GPU-1: unknown device: unknown', 'deployment.gpu_unavailable'],
  [400, 'Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available', 'deployment.instance_type_too_large'],
  [500, 'mkdir /var/lib/docker/overlay2/x: no space left on device', 'deployment.disk_full'],
  [
    400,
    'OCI runtime create failed: exec: "nosuch": executable file not found in $PATH: unknown',
    'deployment.command_not_found',
  ],
  [
    400,
    'OCI runtime create failed: exec: "/etc/passwd": permission denied: unknown',
    'deployment.command_not_executable',
  ],
  [400, 'exec: "docker-init": executable file not found in $PATH', 'deployment.container_refused'],
  [
    500,
    'could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network',
    'deployment.container_refused',
  ],
  [
    500,
    "no available IPv4 addresses on this network's address pools: viridian-x (0a1b)",
    'deployment.container_refused',
  ],
  [500, 'something new', 'deployment.container_refused'],
])('%i %s is told as its cause', (status, message, code) => {
  const outcome = explainRefusal(new EngineRefusalError(message, status));
  expect(outcome.code).toBe(code);
  expect(outcome.detail).toContain(message);
});
