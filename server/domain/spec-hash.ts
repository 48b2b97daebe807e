import { createHash } from 'node:crypto';
import type { DeploymentSpec } from './deployment.ts';

/**
 * Hash of what decides a running instance. Instance count, queue and time-out settings are left out: they change without replacing
 * anything. 16 hex digits, 64 bits.
 */
export function hashSpec(spec: DeploymentSpec, generation: number): string {
  const { kind, runtime, model, command, environmentVariables, cpu, memoryMib } = spec;
  const { livenessPath, readinessPath, liveness, readiness, instanceType, external } = spec;
  const { environment, code, container, gpus, triton } = spec;
  const deciding = {
    kind,
    runtime,
    model,
    command,
    environmentVariables: Object.entries(environmentVariables).toSorted(byFirst),
    instanceType,
    cpu,
    memoryMib,
    livenessPath,
    readinessPath,
    liveness: probeTuple(liveness),
    readiness: probeTuple(readiness),
    generation,
    // Left out by JSON where there is none, so that the hash of everything else stays as it is.
    environment: environment?.key,
    code,
    container,
    gpus,
    triton,
    external: external && { ...external, headers: Object.entries(external.headers).toSorted(byFirst) },
  };
  return createHash('sha256').update(JSON.stringify(deciding)).digest('hex').slice(0, 16);
}

function byFirst([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1;
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
