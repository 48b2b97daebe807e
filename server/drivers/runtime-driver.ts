/**
 * The port between the control plane and whatever runs instances. Every driver that starts programs passes `runtime-driver.contract.ts`.
 *
 * A driver never decides: it converges one instance to one spec, observes, and reports in values. It throws only when it cannot tell
 * (the daemon is down); everything that may happen to an instance is an outcome.
 */
import type { ErrorCode } from '#lib/contracts/error-codes.ts';
import type { GpuUse } from '#server/domain/ports.ts';

/** Seconds, as in the deployment's YAML. */
export interface ProbeSpec {
  path: string;
  /** Where it is asked when that is not the port that answers predictions. */
  port?: number;
  initialDelaySeconds: number;
  periodSeconds: number;
  timeoutSeconds: number;
  successThreshold: number;
  failureThreshold: number;
}

/** A server that runs already and belongs to somebody else: it is watched instead of started. */
export interface ExternalTarget {
  /** Normalised. */
  url: string;
  /** Sent with every probe; values are sealed. */
  headers: Readonly<Record<string, string>>;
}

/** A file or folder of this installation that the program may read and not change. */
export interface ReadOnlyMount {
  /** Absolute path on this host. */
  source: string;
  /** Absolute path in the instance. */
  target: string;
}

/** What the program is packed in, for drivers that run containers; every field is decided before, nothing is looked up. */
export interface ContainerSpec {
  /** Id of an image that is there already: `sha256:…`. */
  imageId: string;
  /** How people know it. */
  imageName: string;
  /** Where the program answers predictions; it finds the same in `PORT`. */
  port: number;
  /** Where it takes calls of gRPC, if not at `port`. */
  grpcPort?: number;
  mounts: readonly ReadOnlyMount[];
  /** The root file system cannot be written; `/tmp` can, within bounds. */
  readOnlyRoot: boolean;
  /** `uid[:gid]`; null leaves the image's own. */
  user: string | null;
  gpus: number;
  /** May open connections to other hosts. */
  egress: boolean;
}

/** Everything that decides what runs. Two equal specs give equal `specHash`; another hash means another instance. */
export interface InstanceSpec {
  /** Stable id made by the control plane: `<endpoint>.<deployment>.<random>`. */
  instanceId: string;
  endpoint: string;
  deployment: string;
  specHash: string;
  /** Left out where a program is to be run; with it `command` is empty. */
  external?: ExternalTarget;
  /** Left out where a program of this host is to be run. */
  container?: ContainerSpec;
  /** A program of this host that takes calls of gRPC at a port of its own, which it finds in `VIRIDIAN_GRPC_PORT`. */
  hasGrpcPort?: true;
  /** Program and arguments; never a shell string. Empty for a container that runs what its image says. */
  command: readonly string[];
  /** Added to the scrubbed base environment. `PORT` is the driver's to set. */
  environment: Readonly<Record<string, string>>;
  /** Read-only folder of the model's files, or null. A program of this host finds it in AZUREML_MODEL_DIR; a container has it among its mounts. */
  modelDir: string | null;
  cpu: number;
  memoryMib: number;
  liveness: ProbeSpec;
  readiness: ProbeSpec;
  /** Time between the polite signal and the kill. */
  stopGraceSeconds: number;
}

export interface InstanceExit {
  code: number | null;
  signal: string | null;
  /** In words: `exited with code 1`, `killed for memory`, `killed by SIGKILL`. */
  reason: string;
  outOfMemory: boolean;
  at: string;
}

/** Where a program listens that does not answer where it is asked. */
export interface ListeningPort {
  port: number;
  /** Only other programs of the same instance reach it. */
  loopbackOnly: boolean;
}

export type ObservedState = 'starting' | 'probing' | 'ready' | 'unready' | 'stopping' | 'backing_off' | 'exited';

/** What is there now, whoever started it. */
export interface ObservedInstance {
  instanceId: string;
  endpoint: string;
  deployment: string;
  specHash: string;
  state: ObservedState;
  /** Rises with every restart of the program behind the id. */
  generation: number;
  /** With where calls of gRPC are taken, if not at `port`. */
  address: { host: string; port: number; grpcPort?: number } | null;
  startedAt: string | null;
  restarts: number;
  lastExit: InstanceExit | null;
  /** Driver's own reference: `process:<pid>@<start time>`. */
  runtimeRef: string | null;
  memoryLimitBy: 'cgroup' | 'rlimit' | 'none';
  /** Last answer of the readiness probe in words, for the operation page. */
  probe: { attempts: number; lastResult: string; listening?: readonly ListeningPort[] };
  /** What runs instances cannot be asked since this instant: all of this is as it was last seen, and may be so still. */
  unknownSince?: string;
}

/** What runs the instances cannot be asked now; nothing was decided, and the call may be repeated. */
export class DriverUnavailableError extends Error {
  override readonly name = 'DriverUnavailableError';
}

/** The driver was stopped before a removal had ended; the next one to start ends it. */
export class DriverStoppedError extends Error {
  override readonly name = 'DriverStoppedError';

  constructor() {
    super('The driver was stopped; the next one goes on with the removal.');
  }
}

export type EnsureOutcome =
  | { kind: 'started' }
  | { kind: 'unchanged' }
  /** Cannot be started as asked; the control plane fails the operation with this code and text. */
  | {
      kind: 'refused';
      code: ErrorCode;
      detail: string;
    };

export interface ResourceUse {
  instanceId: string;
  /** CPU seconds used since the instance started. */
  cpuSeconds: number;
  memoryBytes: number;
  /** Since the start; left out where it is not counted for each instance. */
  networkReceivedBytes?: number;
  networkSentBytes?: number;
  /** Of the devices that it was given; left out where it has none or they have not been measured. */
  gpus?: readonly GpuUse[];
}

export type LogStream = 'stdout' | 'stderr' | 'system';

export interface ConsoleLine {
  /** Position that resumes the stream: grows within an instance. */
  cursor: string;
  at: string;
  instanceId: string;
  stream: LogStream;
  text: string;
}

export interface ReadLogsOptions {
  /** Newest lines to return; bounded by the driver. */
  tail: number;
  /** Only lines at or after this instant (RFC 3339). */
  since?: string;
  /** Only lines after this cursor. */
  after?: string;
}

export interface RuntimeDriver {
  readonly name: 'process' | 'docker' | 'kubernetes' | 'external' | 'fake';
  /** How memory is bounded on this host; known once the driver has started. */
  readonly memoryLimitBy: ObservedInstance['memoryLimitBy'];
  /** Finds and adopts what is already running; call once before anything else. */
  start(): Promise<void>;
  /** Stops timers and watchers. Instances keep running. */
  stop(): Promise<void>;
  /** Ends the program of every instance and keeps the instance: the next `start` starts them again. Call before `stop`. */
  suspend(): Promise<void>;
  /** Idempotent: starts the instance unless one with this id and spec hash is there. */
  ensure(spec: InstanceSpec): Promise<EnsureOutcome>;
  /**
   * Starts removing: polite signal, grace, kill, then every trace of it except its logs. Idempotent; resolves when it is gone.
   * @throws DriverStoppedError
   */
  remove(instanceId: string): Promise<void>;
  /** Everything that carries our mark, from the world and not from memory. */
  observe(): Promise<ObservedInstance[]>;
  /** Looks at one instance now instead of at its next turn: somebody has seen it failing. */
  check(instanceId: string): void;
  /** CPU and memory of running instances. */
  sample(): Promise<ResourceUse[]>;
  readLogs(
    endpoint: string,
    deployment: string,
    instanceId: string | null,
    options: ReadLogsOptions,
  ): Promise<ConsoleLine[]>;
  /** Calls back for each new line until the signal aborts. */
  followLogs(
    endpoint: string,
    deployment: string,
    instanceId: string | null,
    after: string | null,
    onLine: (line: ConsoleLine) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Deployments that something is kept of after their instances: logs. */
  listKept(): Promise<{ endpoint: string; deployment: string }[]>;
  /** Removes what is kept of a deployment after its instances: its logs. */
  forgetDeployment(endpoint: string, deployment: string): Promise<void>;
  /** Hints that something changed; the control plane looks for itself. Returns the unsubscribe function. */
  onHint(listener: (endpoint: string) => void): () => void;
}
