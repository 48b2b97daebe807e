import { PassThrough, type Readable } from 'node:stream';
import Docker from 'dockerode';
import {
  EngineRefusalError,
  EngineUnavailableError,
  type BuildOptions,
  type CommitConfig,
  type EngineEvent,
  type EngineImage,
  type ExecResult,
  type ImageEngine,
  type WorkContainerOptions,
} from './engine.ts';
import { readJsonLines } from './read-json-lines.ts';

/** A call that only reads or names something answers at once or never. */
const SHORT_CALL_MS = 30_000;

/** @param socketPath the engine's Unix socket */
export function createImageEngine(socketPath: string): ImageEngine {
  const docker = new Docker({ socketPath });
  const short = (): { abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(SHORT_CALL_MS) });

  async function follow(
    begin: Promise<NodeJS.ReadableStream>,
    onEvent: (event: EngineEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const stream = (await begin) as Readable;
    const cut = (): void => void stream.destroy(new Error('cut'));
    signal.addEventListener('abort', cut, { once: true });
    if (signal.aborted) cut();
    let refusal: string | null = null;
    try {
      for await (const event of readJsonLines(stream)) {
        onEvent(event);
        if (typeof event['error'] === 'string') refusal = event['error'];
      }
    } finally {
      signal.removeEventListener('abort', cut);
      stream.destroy();
    }
    if (refusal !== null) throw new EngineRefusalError(refusal, null);
  }

  return {
    architecture: () => translate(() => readArchitecture(docker)),
    signIn: ({ registry, username, password }) =>
      translate(async () => {
        await docker.checkAuth({ username, password, serveraddress: serverAddress(registry), ...short() });
      }),
    inspect: (reference) =>
      translate(async () => {
        const found = await absentAsNull(docker.getImage(reference).inspect(short() as Docker.ImageInspectOptions));
        return found === null ? null : readImage(found);
      }),
    pull: (image, credentials, onEvent, signal) =>
      translate(() => {
        const query = { fromImage: image.name, tag: image.tag, abortSignal: signal };
        const begun =
          credentials === null
            ? docker.createImage(query)
            : docker.createImage(
                {
                  username: credentials.username,
                  password: credentials.password,
                  serveraddress: serverAddress(credentials.registry),
                },
                query,
              );
        return follow(begun, onEvent, signal);
      }),
    load: (archive, onEvent, signal) =>
      translate(() => follow(docker.loadImage(archive, { abortSignal: signal }), onEvent, signal)),
    build: (context, options, onEvent, signal) =>
      translate(() => follow(beginBuild(docker, context, options, signal), onEvent, signal)),
    tag: (imageId, repository, tag) =>
      translate(async () => void (await docker.getImage(imageId).tag({ repo: repository, tag, ...short() }))),
    untag: (reference) => translate(() => untag(docker, reference)),
    listImages: (filter) =>
      translate(async () => {
        const images = await docker.listImages({
          filters: 'label' in filter ? { label: [filter.label] } : { reference: [filter.reference] },
          ...short(),
        });
        return images.map(({ Id, RepoTags, Labels }) => ({ id: Id, tags: named(RepoTags), labels: Labels ?? {} }));
      }),
    startWorkContainer: (options) => translate(() => startWorkContainer(docker, options)),
    exec: (containerId, command, environment, onOutput, signal) =>
      translate(() => exec(docker, containerId, command, environment, onOutput, signal)),
    commit: (containerId, name, config) => translate(() => commit(docker, containerId, name, config)),
    removeContainer: (containerId) =>
      translate(async () => {
        await absentAsNull(docker.getContainer(containerId).remove({ force: true, v: true }));
      }),
    listContainers: (label) =>
      translate(async () => {
        const found = await docker.listContainers({ all: true, filters: { label: [label] }, ...short() });
        return found.map(({ Id }) => Id);
      }),
  };
}

/** The library's types leave out that this call takes options. */
async function readArchitecture(docker: Docker): Promise<string> {
  const version = docker.version as (options: { abortSignal: AbortSignal }) => Promise<Docker.DockerVersion>;
  return (await version.call(docker, { abortSignal: AbortSignal.timeout(SHORT_CALL_MS) })).Arch;
}

/** Docker Hub is known to engines by the address of its first version. */
const serverAddress = (registry: string): string =>
  registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;

function beginBuild(
  docker: Docker,
  context: Readable,
  options: BuildOptions,
  signal: AbortSignal,
): Promise<NodeJS.ReadableStream> {
  const credentials = Object.entries(options.credentials).map(([registry, found]) => [serverAddress(registry), found]);
  return docker.buildImage(context as unknown as NodeJS.ReadableStream, {
    t: options.tag,
    dockerfile: options.dockerfile,
    labels: options.labels,
    buildargs: options.buildArgs,
    networkmode: options.network,
    forcerm: true,
    nocache: !options.useCache,
    registryconfig: Object.fromEntries(credentials) as Docker.RegistryConfig,
    abortSignal: signal,
  });
}

async function untag(docker: Docker, reference: string): Promise<'removed' | 'absent' | 'in_use'> {
  try {
    await docker.getImage(reference).remove();
    return 'removed';
  } catch (error) {
    const { statusCode } = error as { statusCode?: number };
    if (statusCode === 404) return 'absent';
    if (statusCode === 409) return 'in_use';
    throw error;
  }
}

async function startWorkContainer(docker: Docker, options: WorkContainerOptions): Promise<string> {
  const container = await docker.createContainer({
    Image: options.imageId,
    User: '0:0',
    WorkingDir: '/',
    Entrypoint: ['/bin/sh', '-c', `sleep ${options.lifeSeconds}`],
    Cmd: [],
    Labels: options.labels,
    HostConfig: {
      NetworkMode: options.network,
      CapDrop: ['ALL'],
      CapAdd: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'],
      SecurityOpt: ['no-new-privileges:true'],
      PidsLimit: options.pidsLimit,
      Mounts: [
        ...options.binds.map(({ source, target, writable }) => ({
          Type: 'bind' as const,
          Source: source,
          Target: target,
          ReadOnly: !writable,
        })),
        ...options.scratch.map((target) => ({ Type: 'volume' as const, Source: '', Target: target })),
      ],
    },
  });
  try {
    await container.start();
  } catch (error) {
    await container.remove({ force: true, v: true });
    throw error;
  }
  return container.id;
}

async function exec(
  docker: Docker,
  containerId: string,
  command: readonly string[],
  environment: Record<string, string>,
  onOutput: (text: string) => void,
  signal: AbortSignal,
): Promise<ExecResult> {
  const created = await docker.getContainer(containerId).exec({
    Cmd: [...command],
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    User: '0:0',
    WorkingDir: '/',
    AttachStdout: true,
    AttachStderr: true,
    abortSignal: signal,
  });
  const socket = await created.start({ hijack: true, stdin: false, abortSignal: signal });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const chunks: string[] = [];
  stdout.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
  stderr.setEncoding('utf8').on('data', onOutput);
  docker.modem.demuxStream(socket, stdout, stderr);
  const cut = (): void => void socket.destroy(new Error('cut'));
  signal.addEventListener('abort', cut, { once: true });
  if (signal.aborted) cut();
  try {
    await new Promise<void>((resolve, reject) =>
      socket.once('end', resolve).once('close', resolve).once('error', reject),
    );
  } finally {
    signal.removeEventListener('abort', cut);
    socket.destroy();
  }
  const { ExitCode, Running } = await created.inspect({ abortSignal: AbortSignal.timeout(SHORT_CALL_MS) });
  // The engine closed the stream while the program ran: it is going away.
  if (Running || ExitCode === null) throw new EngineUnavailableError('The engine let go of a running program.');
  return { exitCode: ExitCode, stdout: chunks.join('') };
}

async function commit(
  docker: Docker,
  containerId: string,
  name: { repository: string; tag: string },
  config: CommitConfig,
): Promise<string> {
  const made = (await docker.getContainer(containerId).commit({
    _query: { container: containerId, repo: name.repository, tag: name.tag, pause: false },
    _body: {
      Entrypoint: config.entrypoint,
      Cmd: config.command,
      // An empty user would be replaced by the container's.
      User: config.user === '' ? '0' : config.user,
      Labels: config.labels,
    },
  })) as { Id: string };
  return made.Id;
}

function readImage(found: Docker.ImageInspectInfo): EngineImage {
  const config = found.Config ?? {};
  return {
    id: found.Id,
    tags: named(found.RepoTags),
    digests: named(found.RepoDigests),
    architecture: found.Architecture,
    os: found.Os,
    sizeBytes: found.Size,
    createdAt: found.Created,
    exposedPorts: readPorts(config.ExposedPorts),
    entrypoint: listOf(config.Entrypoint),
    command: listOf(config.Cmd),
    user: config.User ?? '',
    environment: config.Env ?? [],
    labels: config.Labels ?? {},
  };
}

const named = (references: string[] | null | undefined): string[] =>
  (references ?? []).filter((reference) => !reference.includes('<none>'));

const listOf = (value: string | string[] | null | undefined): string[] =>
  value === null || value === undefined ? [] : Array.isArray(value) ? value : [value];

/** TCP only: `8501/tcp`. */
function readPorts(exposed: Record<string, unknown> | null | undefined): number[] {
  return Object.keys(exposed ?? {})
    .filter((port) => /^\d+(?:\/tcp)?$/.test(port))
    .map((port) => Number.parseInt(port, 10))
    .toSorted((a, b) => a - b);
}

async function absentAsNull<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return null;
    throw error;
  }
}

/** Failures of the connection and failures that the engine reports become two kinds; ours pass. */
async function translate<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof EngineUnavailableError || error instanceof EngineRefusalError) throw error;
    const { statusCode, json, message } = error as {
      statusCode?: number;
      json?: { message?: string };
      message: string;
    };
    if (statusCode !== undefined) {
      const said = json?.message ?? message.replace(/^\(HTTP code \d+\) .*? - /, '').trim();
      throw new EngineRefusalError(said, statusCode);
    }
    throw new EngineUnavailableError(describeConnectionFailure(error), { cause: error });
  }
}

function describeConnectionFailure(error: unknown): string {
  const { code, address, message } = error as NodeJS.ErrnoException & { address?: string };
  const socket = address === undefined ? 'The Docker socket' : `The Docker socket ${address}`;
  if (code === 'ENOENT') return `${socket} does not exist: Docker is not installed here, or its daemon is not running.`;
  if (code === 'EACCES') {
    return `${socket} may not be opened by this user. Add the user to the group "docker", sign in again and restart Viridian.`;
  }
  if (code === 'ECONNREFUSED') return `${socket} is there, but no Docker daemon answers on it. Start the daemon.`;
  return `The Docker engine went away in the middle (${code ?? message}).`;
}
