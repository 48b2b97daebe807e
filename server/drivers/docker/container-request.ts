import type { ContainerCreateOptions, DeviceRequest, HostConfig } from 'dockerode';
import type { ContainerSpec, InstanceSpec } from '../runtime-driver.ts';

const MIB = 2 ** 20;

/** Threads count as well: model servers start one for each core several times over. */
export const DEFAULT_PIDS_LIMIT = 1024;

/** Below what engines themselves may have: a container cannot be given more. */
const OPEN_FILES = 16_384;

/** `/tmp` and `/dev/shm` live in memory and count against the instance's; this much of it each, within bounds. */
const SCRATCH_SHARE = 0.25;
const LEAST_SCRATCH_MIB = 16;
const MOST_SCRATCH_MIB = 1024;

export interface ContainerRequestOptions {
  spec: InstanceSpec;
  container: ContainerSpec;
  name: string;
  labels: Record<string, string>;
  network: string;
  /** Ids of devices that are this instance's alone. */
  gpuDevices: readonly string[];
  pidsLimit: number;
  /** Its ports are published on loopback, because its address cannot be reached from this host. */
  published: boolean;
  /** The network has no way out. */
  closed: boolean;
}

/** The body of `POST /containers/create`: everything that confines an instance, in one place. */
export function compileContainerRequest(options: ContainerRequestOptions): ContainerCreateOptions {
  const { spec, container, name, labels, network } = options;
  return {
    name,
    Image: container.imageId,
    // Replaces the image's entrypoint and with it the image's arguments: what the deployment says is the whole command.
    ...(spec.command.length > 0 && { Entrypoint: [...spec.command], Cmd: [] }),
    ...(container.user !== null && { User: container.user }),
    Env: environmentOf(spec, container),
    Labels: labels,
    StopTimeout: spec.stopGraceSeconds,
    ...(options.published && { ExposedPorts: Object.fromEntries(portsOf(spec, container).map((port) => [port, {}])) }),
    HostConfig: { ...confinement(options), NetworkMode: network, ...(options.published && publish(spec, container)) },
  };
}

/** Values are data all the way: no shell reads them. */
function environmentOf(spec: InstanceSpec, container: ContainerSpec): string[] {
  const values = { ...spec.environment, VIRIDIAN_INSTANCE_ID: spec.instanceId, PORT: String(container.port) };
  return Object.entries(values).map(([key, value]) => `${key}=${value}`);
}

function confinement({ spec, container, gpuDevices, pidsLimit, closed }: ContainerRequestOptions): HostConfig {
  const memory = spec.memoryMib * MIB;
  const scratch = scratchMib(spec.memoryMib) * MIB;
  return {
    Init: true,
    // Whether and when it runs is decided by one supervisor, which knows the back-off and tells of every end.
    RestartPolicy: { Name: 'no' },
    Privileged: false,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true'],
    ReadonlyRootfs: container.readOnlyRoot,
    ...(container.readOnlyRoot && { Tmpfs: { '/tmp': `rw,exec,nosuid,nodev,mode=1777,size=${scratch}` } }),
    ShmSize: scratch,
    IpcMode: 'private',
    PidsLimit: pidsLimit,
    Memory: memory,
    MemorySwap: memory,
    NanoCpus: Math.round(spec.cpu * 1e9),
    Ulimits: [
      { Name: 'nofile', Soft: OPEN_FILES, Hard: OPEN_FILES },
      { Name: 'core', Soft: 0, Hard: 0 },
    ],
    LogConfig: { Type: 'local', Config: { 'max-size': '10m', 'max-file': '3' } },
    Mounts: container.mounts.map(({ source, target }) => ({
      Type: 'bind' as const,
      Source: source,
      Target: target,
      ReadOnly: true,
      BindOptions: { Propagation: 'rprivate' as const },
    })),
    // Engines before 25 hand questions for outside names to the host even from a network without a way out: here they go nowhere, soon.
    ...(closed && { Dns: ['127.0.0.1'], DnsOptions: ['timeout:1', 'attempts:1'] }),
    ...(gpuDevices.length > 0 && { DeviceRequests: [gpuRequest(gpuDevices)] }),
  };
}

function scratchMib(memoryMib: number): number {
  return Math.min(MOST_SCRATCH_MIB, Math.max(LEAST_SCRATCH_MIB, Math.floor(memoryMib * SCRATCH_SHARE)));
}

/** What `docker run --gpus device=…` sends: exactly these devices, whole GPUs or MIG slices. */
export function gpuRequest(devices: readonly string[]): DeviceRequest {
  return { Driver: '', Count: 0, DeviceIDs: [...devices], Capabilities: [['gpu']], Options: {} };
}

/** Every port that somebody of ours asks: predictions, calls of gRPC, and both probes. */
function portsOf(spec: InstanceSpec, container: ContainerSpec): string[] {
  const ports = [container.port, container.grpcPort, spec.readiness.port, spec.liveness.port].filter(
    (port) => port !== undefined,
  );
  return [...new Set(ports)].map((port) => `${port}/tcp`);
}

/** The engine picks the host's ports. */
function publish(spec: InstanceSpec, container: ContainerSpec): Pick<HostConfig, 'PortBindings'> {
  const bindings = portsOf(spec, container).map((port) => [port, [{ HostIp: '127.0.0.1', HostPort: '' }]]);
  return { PortBindings: Object.fromEntries(bindings) };
}
