import type { InstanceState } from '#lib/contracts/deployment.ts';
import type { DeploymentSpec } from './deployment.ts';

export interface InstanceExitRecord {
  code: number | null;
  signal: string | null;
  reason: string;
  outOfMemory: boolean;
  at: string;
}

/** What the driver last said about an instance. */
export interface InstanceObservation {
  state: InstanceState;
  /** Rises with every restart of the program behind the id. */
  generation: number;
  host: string | null;
  port: number | null;
  /** Where calls of gRPC are taken; null where that is `port`, and of external servers. */
  grpcPort: number | null;
  startedAt: number | null;
  restarts: number;
  lastExit: InstanceExitRecord | null;
  runtimeRef: string | null;
  memoryLimitBy: 'cgroup' | 'rlimit' | 'none';
  probe: { attempts: number; lastResult: string } | null;
}

export interface InstanceRecord extends InstanceObservation {
  /** `<endpoint>.<deployment>.<random>`. */
  id: string;
  endpointName: string;
  deploymentName: string;
  specHash: string;
  /** The deployment's spec when the instance was made. */
  spec: DeploymentSpec;
  desired: 'run' | 'remove';
  /** Epoch milliseconds at which it left the route table for good. */
  drainingSince: number | null;
  createdAt: number;
}

/** An instance that holds capacity and has not been started yet. */
export const UNOBSERVED: InstanceObservation = {
  state: 'starting',
  generation: 0,
  host: null,
  port: null,
  grpcPort: null,
  startedAt: null,
  restarts: 0,
  lastExit: null,
  runtimeRef: null,
  memoryLimitBy: 'none',
  probe: null,
};

/** Time during which an instance held capacity. Epoch milliseconds; `stoppedAt` is null while it does. */
export interface CapacityInterval {
  instanceId: string;
  endpointName: string;
  deploymentName: string;
  instanceType: string;
  startedAt: number;
  stoppedAt: number | null;
}
