import type {
  DEPLOYMENT_PROVISIONING_STATES,
  DeploymentKind,
  DeploymentWrite,
  RUNTIMES,
} from '#lib/contracts/deployment.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import type { TritonServer } from './choose-triton-server.ts';
import type { DesiredState } from './endpoint.ts';
import type { DeploymentEnvironment } from './environment.ts';
import type { ExternalSpec } from './external-server.ts';

export type ProvisioningState = (typeof DEPLOYMENT_PROVISIONING_STATES)[number];
export type Runtime = (typeof RUNTIMES)[number];

/** Seconds, as in the YAML. */
export interface ProbeSettings {
  initialDelaySeconds: number;
  periodSeconds: number;
  timeoutSeconds: number;
  successThreshold: number;
  failureThreshold: number;
}

export interface DeploymentModel {
  name: string;
  version: string;
  /** Path of the deciding file inside the model's folder; null where nothing was detected. */
  entry: string | null;
}

/** The scoring script of a deployment. */
export interface DeploymentCode {
  /** Hash of the stored files. */
  files: string;
  /** Path of the script inside. */
  scoringScript: string;
}

/** How a Triton repository is served. */
export interface DeploymentTriton {
  /** Decided when the deployment is written, so that all its instances are alike. */
  server: TritonServer;
  /** Path of the model repository inside the model's folder; empty for the folder itself. */
  repository: string;
}

/** What only containers have. */
export interface ContainerSettings {
  /** Where predictions are answered; null takes the port that the image names. */
  port: number | null;
  /** Where probes are answered when that is another port. */
  livenessPort: number | null;
  readinessPort: number | null;
  /** Where calls of gRPC are answered; left out where that is `port`. */
  grpcPort?: number;
  /** Folder that the model's folder is mounted under. */
  modelMountPath: string;
  readOnlyRoot: boolean;
  /** `uid[:gid]`; null leaves the image's own. */
  user: string | null;
  /** May open connections to other hosts. */
  egress: boolean;
}

/** Everything that follows from what was written: references resolved, defaults filled in, resources fitted to this host. */
export interface DeploymentSpec {
  kind: DeploymentKind;
  /** Null for what runs outside of Viridian. */
  runtime: Runtime | null;
  runtimeReason: string;
  model: DeploymentModel | null;
  /** Built before the first instance starts; left out where this host is all that is needed. */
  environment?: DeploymentEnvironment;
  code?: DeploymentCode;
  /** Only where instances are containers. */
  container?: ContainerSettings;
  /** Only of a Triton repository. */
  triton?: DeploymentTriton;
  /** Program and arguments of a `command` deployment; null where the kind decides. */
  command: string[] | null;
  environmentVariables: Record<string, string>;
  /** Lower case. */
  instanceType: string;
  instanceCount: number;
  cpu: number;
  memoryMib: number;
  /** Left out for none. */
  gpus?: number;
  requestTimeoutMs: number;
  maxConcurrentRequestsPerInstance: number;
  maxQueueWaitMs: number;
  livenessPath: string;
  readinessPath: string;
  liveness: ProbeSettings;
  readiness: ProbeSettings;
  /** Only where the servers run already. */
  external?: ExternalSpec;
  warnings: string[];
}

/** One complete desired state: what a rollback puts back. */
export interface DesiredDeployment {
  written: DeploymentWrite;
  spec: DeploymentSpec;
  /** Names the instances that belong to it; instances with another hash are replaced. */
  specHash: string;
  /** Rises with every restart and new attempt; part of the hash. */
  generation: number;
}

/** What the control plane observed; written in one place, once per pass and only when it differs. */
export interface DeploymentStatus {
  provisioningState: ProvisioningState;
  readyInstances: number;
  error: Problem | null;
}

export interface DeploymentRecord extends DesiredDeployment, DeploymentStatus {
  endpointName: string;
  name: string;
  /** Percent of live traffic to take once ready; null leaves the split alone. */
  routeWhenReady: number | null;
  desiredState: DesiredState;
  colourSlot: number;
  operationId: string | null;
  revision: number;
  createdAt: number;
  updatedAt: number;
  /** The last desired state that became ready; null before the first. */
  goodState: DesiredDeployment | null;
}

export interface DeploymentKey {
  endpointName: string;
  name: string;
}
