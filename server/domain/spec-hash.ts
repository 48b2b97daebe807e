import { createHash } from 'node:crypto';
import type { DeploymentSpec } from './deployment.ts';

/**
 * Hash of what decides a running instance. Instance count, queue and time-out settings are left out: they change without replacing
 * anything. 16 hex digits, 64 bits.
 */
export function hashSpec(spec: DeploymentSpec, generation: number): string {
  const { kind, runtime, model, command, environmentVariables, cpu, memoryMib } = spec;
  const { livenessPath, readinessPath, liveness, readiness, instanceType } = spec;
  const deciding = {
    kind,
    runtime,
    model,
    command,
    environmentVariables: Object.entries(environmentVariables).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    instanceType,
    cpu,
    memoryMib,
    livenessPath,
    readinessPath,
    liveness: probeTuple(liveness),
    readiness: probeTuple(readiness),
    generation,
  };
  return createHash('sha256').update(JSON.stringify(deciding)).digest('hex').slice(0, 16);
}

function probeTuple(probe: DeploymentSpec['liveness']): number[] {
  return [
    probe.initialDelaySeconds,
    probe.periodSeconds,
    probe.timeoutSeconds,
    probe.successThreshold,
    probe.failureThreshold,
  ];
}
