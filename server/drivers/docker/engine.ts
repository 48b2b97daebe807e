import { Agent } from 'node:http';
import type { Readable } from 'node:stream';
import { inspect } from 'node:util';
import Docker from 'dockerode';
import { DriverUnavailableError } from '../runtime-driver.ts';
import { explainSilence } from './explain-silence.ts';
import { limitConcurrency } from './limit-concurrency.ts';
import { type ProgramOutput, runToEnd } from './run-to-end.ts';

/** What only reads or names something answers at once or never. */
const SHORT_CALL_MS = 10_000;
/** Making and starting a container waits for the disk and the network. */
const LONG_CALL_MS = 120_000;

/** An engine that makes or removes hundreds of containers at once answers nobody else meanwhile. */
const HEAVY_CALLS_AT_ONCE = 8;
/** They mostly wait for programs to end. */
const STOPS_AT_ONCE = 32;

/** What the engine said instead of doing it. */
export class EngineRefusalError extends Error {
  override readonly name = 'EngineRefusalError';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** A container as a list shows it. */
export interface ListedContainer {
  id: string;
  labels: Readonly<Record<string, string>>;
  /** `created`, `running`, `paused`, `restarting`, `removing`, `exited`, `dead`. */
  state: string;
}

/** A container as it is asked for by itself. */
export interface InspectedContainer extends ListedContainer {
  exitCode: number;
  outOfMemory: boolean;
  /** RFC 3339; year 1 where it never was. */
  startedAt: string;
  finishedAt: string;
  /** Of its first process, as the engine's host counts; 0 when it does not run. */
  pid: number;
  /** Why it could not be started, in the engine's words. */
  error: string;
  /** Address in its only network; empty when it does not run. */
  ipAddress: string;
  /** Ports of this host that lead to its own. */
  published: ReadonlyMap<number, number>;
}

/** How an image starts its program. */
export interface ImageProgram {
  entrypoint: readonly string[];
  command: readonly string[];
  environment: readonly string[];
  workingDir: string;
}

export interface NetworkOptions {
  name: string;
  labels: Record<string, string>;
  /** No way out, and none in from other networks. */
  internal: boolean;
  /** CIDR, or null for one of the engine's choice. */
  subnet: string | null;
}

export interface ListedNetwork {
  id: string;
  name: string;
  labels: Readonly<Record<string, string>>;
  subnets: readonly string[];
  gateways: readonly string[];
}

/** A file in a container: mode bits as Go's `os.FileMode` has them, and where a link leads. */
export interface PathFacts {
  mode: number;
  linkTarget: string;
}

/** Since its start. */
export interface EngineUse {
  cpuSeconds: number;
  memoryBytes: number;
  networkReceivedBytes: number;
  networkSentBytes: number;
}

export interface EngineEvent {
  action: string;
  labels: Readonly<Record<string, string>>;
}

/**
 * The calls of the Docker engine that the driver makes, each with a deadline. The version of the API is the engine's own.
 * Every call throws DriverUnavailableError when the engine does not answer and EngineRefusalError when it says no.
 */
export interface Engine {
  list(labels: readonly string[]): Promise<ListedContainer[]>;
  inspect(idOrName: string): Promise<InspectedContainer | null>;
  imageProgram(imageId: string): Promise<ImageProgram | null>;
  /** Returns the id, or null when the name is taken. */
  create(request: Docker.ContainerCreateOptions): Promise<string | null>;
  statPath(id: string, path: string): Promise<PathFacts | null>;
  /** Succeeds also when it runs already. */
  start(id: string): Promise<void>;
  /** Starts one that was made with an open input, hands it its input and waits for its end, or until the signal is aborted. */
  runToEnd(id: string, input: string, signal: AbortSignal): Promise<ProgramOutput>;
  /** Polite signal, grace, kill; succeeds when it has ended or is not there. */
  stop(id: string, graceSeconds: number): Promise<void>;
  /** Kills it if it runs and takes it away with its own volumes; succeeds when it is not there. */
  remove(id: string): Promise<void>;
  use(id: string): Promise<EngineUse | null>;
  listNetworks(labels: readonly string[]): Promise<ListedNetwork[]>;
  createNetwork(options: NetworkOptions): Promise<void>;
  /** False when something is still connected to it. */
  removeNetwork(id: string): Promise<boolean>;
  events(labels: readonly string[], signal: AbortSignal): Promise<AsyncIterable<EngineEvent>>;
  /** Output with the time of every line, multiplexed. `since` is `<seconds>.<nanoseconds>` and inclusive. */
  logs(id: string, options: { follow: boolean; since: string }, signal: AbortSignal): Promise<Readable>;
}

/** @param host `unix:///path/to/docker.sock` or `tcp://host:port` */
export function createEngine(host: string): Engine {
  const options = { ...addressOf(host), agent: createAgent() };
  const docker = new Docker(options as Docker.DockerOptions);
  const container = (id: string): Docker.Container => docker.getContainer(id);
  const limited = limitConcurrency(HEAVY_CALLS_AT_ONCE);
  const stopping = limitConcurrency(STOPS_AT_ONCE);

  return {
    list: (labels) =>
      call(SHORT_CALL_MS, async (abortSignal) => {
        const found = await docker.listContainers({ all: true, filters: { label: [...labels] }, abortSignal });
        return found.map(({ Id, Labels, State }) => ({ id: Id, labels: Labels, state: State }));
      }),
    inspect: (id) =>
      absentAsNull(
        call(SHORT_CALL_MS, async (abortSignal) => readContainer(await container(id).inspect({ abortSignal }))),
      ),
    imageProgram: (imageId) =>
      absentAsNull(
        call(SHORT_CALL_MS, async (abortSignal) => {
          const found = await docker.getImage(imageId).inspect({ abortSignal } as Docker.ImageInspectOptions);
          return readImageProgram(found.Config);
        }),
      ),
    create: (request) =>
      limited(() => call(LONG_CALL_MS, (abortSignal) => createContainer(docker, { ...request, abortSignal }))),
    statPath: (id, path) => absentAsNull(call(SHORT_CALL_MS, (signal) => statPath(container(id), path, signal))),
    start: (id) =>
      limited(() => call(LONG_CALL_MS, (abortSignal) => ignoring([304], container(id).start({ abortSignal })))),
    runToEnd: (id, input, signal) =>
      runToEnd(container(id), input, signal).catch((error: unknown) => Promise.reject(translate(error))),
    stop: (id, graceSeconds) =>
      stopping(() =>
        call(LONG_CALL_MS + graceSeconds * 1000, (abortSignal) =>
          ignoring([304, 404], container(id).stop({ t: graceSeconds, abortSignal })),
        ),
      ),
    // 409: somebody else is removing it already.
    remove: (id) =>
      limited(() =>
        call(LONG_CALL_MS, (abortSignal) =>
          ignoring([404, 409], container(id).remove({ force: true, v: true, abortSignal })),
        ),
      ),
    use: (id) =>
      absentAsNull(
        call(SHORT_CALL_MS, async (abortSignal) =>
          readUse(await container(id).stats({ stream: false, 'one-shot': true, abortSignal } as { stream: false })),
        ),
      ),
    listNetworks: (labels) =>
      call(SHORT_CALL_MS, async (abortSignal) => {
        const found = await docker.listNetworks({ filters: { label: [...labels] }, abortSignal });
        return found.map(readNetwork);
      }),
    createNetwork: (options) =>
      call(LONG_CALL_MS, async (abortSignal) => {
        await docker.createNetwork({ ...networkRequest(options), abortSignal } as Docker.NetworkCreateOptions);
      }),
    removeNetwork: (id) => call(LONG_CALL_MS, (abortSignal) => removeNetwork(docker, id, abortSignal)),
    events: (labels, signal) =>
      call(SHORT_CALL_MS, async () => {
        const filters = { type: ['container'], label: [...labels] };
        return readEvents((await docker.getEvents({ filters, abortSignal: signal } as object)) as Readable, signal);
      }),
    logs: (id, { follow, since }, signal) => call(SHORT_CALL_MS, () => openLogs(container(id), follow, since, signal)),
  };
}

/** A connection that was kept for the next call would fail that call after the engine has been restarted. */
function createAgent(): Agent {
  const agent = new Agent({ keepAlive: false });
  // The library writes all it is given out as text before every call, whether somebody reads that or not. An agent leads to every connection that is
  // open, so a call would take a second of CPU time with a hundred consoles followed.
  return Object.assign(agent, { [inspect.custom]: () => 'Agent' });
}

function addressOf(host: string): Docker.DockerOptions {
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length), host: undefined, port: undefined };
  const { protocol, hostname, port } = new URL(host);
  if (protocol !== 'tcp:' || hostname === '') throw new Error(`The Docker engine cannot be reached by "${host}".`);
  return { protocol: 'http', host: hostname, port: port === '' ? 2375 : Number(port), socketPath: undefined };
}

/** Runs one call with a deadline; a late answer of an engine that hangs goes nowhere. */
async function call<Result>(deadlineMs: number, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    return await Promise.race([work(signal), rejectWhenAborted(signal, deadlineMs)]);
  } catch (error) {
    throw translate(error);
  }
}

function rejectWhenAborted(signal: AbortSignal, deadlineMs: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    const late = (): void => reject(new Error(`no answer within ${deadlineMs / 1000} s`));
    signal.addEventListener('abort', late, { once: true });
  });
}

function translate(error: unknown): Error {
  if (error instanceof EngineRefusalError || error instanceof DriverUnavailableError) return error;
  const { statusCode, json, message } = error as { statusCode?: number; json?: unknown; message: string };
  if (statusCode === undefined) {
    return new DriverUnavailableError(explainSilence(error), { cause: error });
  }
  const told = (json as { message?: unknown } | null)?.message;
  return new EngineRefusalError(typeof told === 'string' ? told : message, statusCode);
}

async function absentAsNull<Result>(work: Promise<Result>): Promise<Result | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof EngineRefusalError && error.status === 404) return null;
    throw error;
  }
}

/** For statuses that say that it is as it should be. */
async function ignoring(statuses: readonly number[], work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!statuses.includes((error as { statusCode?: number }).statusCode ?? 0)) throw error;
  }
}

async function createContainer(docker: Docker, request: Docker.ContainerCreateOptions): Promise<string | null> {
  try {
    return (await docker.createContainer(request)).id;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 409) return null;
    throw error;
  }
}

function readContainer(found: Docker.ContainerInspectInfo): InspectedContainer {
  const { State, Config, NetworkSettings } = found;
  const [network] = Object.values(NetworkSettings.Networks);
  return {
    id: found.Id,
    labels: Config.Labels,
    state: State.Status,
    exitCode: State.ExitCode,
    outOfMemory: State.OOMKilled,
    startedAt: State.StartedAt,
    finishedAt: State.FinishedAt,
    pid: State.Pid,
    error: State.Error,
    ipAddress: network?.IPAddress ?? '',
    published: readPublished(NetworkSettings.Ports),
  };
}

/** `{"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "49153"}]}`; null for ports that are only exposed. */
function readPublished(ports: Record<string, { HostPort: string }[] | null> | null): Map<number, number> {
  const published = new Map<number, number>();
  for (const [port, bindings] of Object.entries(ports ?? {})) {
    const bound = bindings?.[0]?.HostPort;
    if (bound !== undefined && port.endsWith('/tcp')) published.set(Number.parseInt(port, 10), Number(bound));
  }
  return published;
}

function readImageProgram(config: Docker.ImageInspectInfo['Config']): ImageProgram {
  const { Entrypoint, Cmd, Env, WorkingDir } = config;
  const entrypoint = typeof Entrypoint === 'string' ? [Entrypoint] : (Entrypoint ?? []);
  return { entrypoint, command: Cmd ?? [], environment: Env ?? [], workingDir: WorkingDir || '/' };
}

/** The stat of a path comes as base64 of JSON in a header of the answer to a HEAD. */
async function statPath(container: Docker.Container, path: string, abortSignal: AbortSignal): Promise<PathFacts> {
  const answer = (await container.infoArchive({ path, abortSignal })) as {
    headers: Record<string, string | undefined>;
    resume(): void;
  };
  answer.resume();
  const encoded = answer.headers['x-docker-container-path-stat'] ?? '';
  return JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as PathFacts;
}

function readNetwork({ Id, Name, Labels, IPAM }: Docker.NetworkInspectInfo): ListedNetwork {
  const pools = IPAM?.Config ?? [];
  const valuesOf = (key: 'Subnet' | 'Gateway'): string[] =>
    pools.flatMap((pool) => (pool[key] === undefined ? [] : [pool[key]]));
  return { id: Id, name: Name, labels: Labels ?? {}, subnets: valuesOf('Subnet'), gateways: valuesOf('Gateway') };
}

function networkRequest({ name, labels, internal, subnet }: NetworkOptions): Docker.NetworkCreateOptions {
  return {
    Name: name,
    CheckDuplicate: true,
    Driver: 'bridge',
    Internal: internal,
    Attachable: false,
    EnableIPv6: false,
    Labels: labels,
    Options: { 'com.docker.network.bridge.enable_icc': 'false' },
    ...(subnet !== null && { IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] } }),
  };
}

async function removeNetwork(docker: Docker, id: string, abortSignal: AbortSignal): Promise<boolean> {
  try {
    await ignoring([404], docker.getNetwork(id).remove({ abortSignal }));
    return true;
  } catch (error) {
    // 403: it has active endpoints.
    if ((error as { statusCode?: number }).statusCode === 403) return false;
    throw error;
  }
}

/** One JSON object a line. */
async function* readEvents(stream: Readable, signal: AbortSignal): AsyncGenerator<EngineEvent> {
  const cut = (): void => void stream.destroy();
  signal.addEventListener('abort', cut, { once: true });
  if (signal.aborted) cut();
  let rest = '';
  try {
    stream.setEncoding('utf8');
    for await (const chunk of stream) {
      const lines = (rest + (chunk as string)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') yield readEvent(line);
    }
  } catch (error) {
    if (!signal.aborted) throw translate(error);
  } finally {
    signal.removeEventListener('abort', cut);
    stream.destroy();
  }
}

function readEvent(line: string): EngineEvent {
  const { Action, Actor } = JSON.parse(line) as { Action?: string; Actor?: { Attributes?: Record<string, string> } };
  return { action: Action ?? '', labels: Actor?.Attributes ?? {} };
}

async function openLogs(
  container: Docker.Container,
  follow: boolean,
  since: string,
  abortSignal: AbortSignal,
): Promise<Readable> {
  const query = { stdout: true, stderr: true, timestamps: true, since, follow };
  // The library gives a stream only where it is asked to follow; what the engine is asked is the query.
  const options = { follow: true, _query: query, abortSignal } as object as { follow: true };
  const stream = (await container.logs(options)) as Readable;
  abortSignal.addEventListener('abort', () => stream.destroy(), { once: true });
  return stream;
}

interface RawStats {
  cpu_stats?: { cpu_usage?: { total_usage?: number } };
  memory_stats?: { usage?: number; stats?: Record<string, number> };
  networks?: Record<string, { rx_bytes: number; tx_bytes: number }>;
}

/** Memory without the page cache that can be dropped, as the engine's own client shows it. */
function readUse(stats: unknown): EngineUse {
  const { cpu_stats: cpu, memory_stats: memory, networks } = stats as RawStats;
  const inactive = memory?.stats?.['total_inactive_file'] ?? memory?.stats?.['inactive_file'] ?? 0;
  const interfaces = Object.values(networks ?? {});
  return {
    cpuSeconds: (cpu?.cpu_usage?.total_usage ?? 0) / 1e9,
    memoryBytes: Math.max(0, (memory?.usage ?? 0) - inactive),
    networkReceivedBytes: interfaces.reduce((sum, { rx_bytes: bytes }) => sum + bytes, 0),
    networkSentBytes: interfaces.reduce((sum, { tx_bytes: bytes }) => sum + bytes, 0),
  };
}
