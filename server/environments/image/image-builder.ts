import { setTimeout as sleep } from 'node:timers/promises';
import type {
  BuildFailure,
  BuildRecord,
  BuildRequest,
  BuildState,
  EnvironmentBuilder,
  ImageArtifact,
} from '#server/domain/environment-build.ts';
import { formatInstant, type Clock } from '#server/kernel/clock.ts';
import type { Logger } from '#server/kernel/logger.ts';
import type { BuildJournal, BuildStore, StoredBuild } from '../build-store.ts';
import { hideSecrets, secretsOf } from '../python-settings.ts';
import type { BuildTask, BuildTraces, MadeImage, OwnName } from './build-task.ts';
import type { ImageBuildSettings } from './image-settings.ts';
import { BuildFailedError, classifyBuildFailure } from './classify-failure.ts';
import { createImageEngine } from './docker-engine.ts';
import { collectImages, factsOf, ownRepository, readTraces, removeTraces } from './collect-images.ts';
import { EngineRefusalError, EngineUnavailableError, type ImageEngine, type RegistryCredentials } from './engine.ts';
import { BUILD_LABEL, INSTALLATION_LABEL, KEY_LABEL } from './labels.ts';
import { makeImage } from './make-image.ts';

/** A daemon that restarts is back within seconds; the build that it cut begins anew by itself. */
const ENGINE_GRACE_MS = 60_000;
const ENGINE_LOOK_EVERY_MS = 500;
const MAX_CONCURRENT_BUILDS = 2;
/** Nothing that is worth waiting for takes longer; a build that hangs must not hold a place for ever. */
const MAX_BUILD_MS = 2 * 3_600_000;

export interface ImageBuilderOptions {
  /** The Docker engine's Unix socket. */
  socketPath: string;
  /** Shared with the builder of virtual environments; started by whoever made it. */
  store: BuildStore;
  /** What is stored for a registry, asked for with each pull. */
  credentials: (registryHost: string) => Promise<RegistryCredentials | null>;
  settings: ImageBuildSettings;
  /** What our Python model server likes to have, added to environments that it runs in. */
  servingRequirements: readonly string[];
  /** Folder for what a build hands to its containers while it runs. */
  workDir: string;
  /** Tells our images and containers from those of other installations on the same engine. */
  installationId: string;
  clock: Clock;
  logger: Logger;
}

interface Job {
  journal: BuildJournal;
  control: AbortController;
  traces: BuildTraces;
  ended: Promise<void>;
}

/** Builds images with a Docker engine. The state is in the store and in the engine; memory holds only what is under way. */
export function createImageBuilder(options: ImageBuilderOptions): EnvironmentBuilder {
  const { store, logger } = options;
  const engine = createImageEngine(options.socketPath);
  const jobs = new Map<string, Job>();
  const beginning = new Map<string, Promise<BuildState>>();
  const places = createPlaces(MAX_CONCURRENT_BUILDS);
  let stopped = false;

  async function ensure(request: BuildRequest): Promise<BuildState> {
    const { key } = request;
    const first = beginning.get(key);
    if (first !== undefined) return first;
    const deciding = decide(request).finally(() => beginning.delete(key));
    beginning.set(key, deciding);
    return deciding;
  }

  async function decide(request: BuildRequest): Promise<BuildState> {
    const job = jobs.get(request.key);
    const current = store.find(request.key);
    if (job?.control.signal.aborted === false && current?.state.kind === 'building') return current.state;
    // It has been let go or has just ended, and is asked for again before it is out of the way.
    await job?.ended;
    const known = store.find(request.key);
    if (known?.state.kind === 'failed' && !mayTryAgain(known, request)) return known.state;
    const unavailable = await findOutage(engine);
    if (unavailable !== null) return recordOutage(request, known, unavailable);
    if (known?.state.kind === 'ready' && (await isThere(engine, known))) return known.state;
    return begin(request, known);
  }

  async function recordOutage(
    request: BuildRequest,
    known: StoredBuild | null,
    outage: Omit<BuildFailure, 'logTail'>,
  ): Promise<BuildState> {
    // What is built stays built while the engine is down; whoever starts it says that it is down.
    if (known?.state.kind === 'ready' || known?.attempt === request.attempt) return known.state;
    await (await store.begin(request)).fail(outage);
    return stateOf(request.key);
  }

  async function begin(request: BuildRequest, known: StoredBuild | null): Promise<BuildState> {
    if (stopped) throw new Error('The image builder has been stopped.');
    const journal = await store.begin(request, secretsOf(options.settings));
    const job = {
      journal,
      control: new AbortController(),
      traces: { names: [], layers: new Set<string>(), begun: new Set<string>() },
    };
    const ended = run(request, job, digestOf(known))
      .catch((error: unknown) => logger.error({ err: error, key: request.key }, 'environment_build_not_recorded'))
      .finally(() => jobs.delete(request.key));
    jobs.set(request.key, { ...job, ended });
    return stateOf(request.key);
  }

  async function run(request: BuildRequest, job: Omit<Job, 'ended'>, pinnedDigest: string | null): Promise<void> {
    const { journal, control, traces } = job;
    const timeout = AbortSignal.timeout(MAX_BUILD_MS);
    const signal = AbortSignal.any([control.signal, timeout]);
    try {
      await places.take(signal);
      try {
        const made = await makeThroughOutages(request, journal, signal, { pinnedDigest, traces });
        await complete(journal, traces, made);
      } finally {
        places.give();
      }
    } catch (error) {
      if (control.signal.aborted) return abandon(journal, traces);
      const failure = timeout.aborted ? tooLong() : describeFailure(error, request.key);
      const detail = hideSecrets(failure.detail, options.settings);
      return journal.fail({ ...failure, detail }, factsOf(traces));
    }
  }

  async function abandon(journal: BuildJournal, traces: BuildTraces): Promise<void> {
    await journal.abandon('The build was ended before it was done.');
    // Without a record nobody would find them again. After a stop the next start goes on with them.
    if (stopped) return;
    await removeTraces(engine, traces, ownNames()).catch((error: unknown) =>
      logger.warn({ err: error }, 'image_traces_not_removed'),
    );
  }

  /** A build that the engine's end has cut begins anew when the engine is back. */
  async function makeThroughOutages(
    request: BuildRequest,
    journal: BuildJournal,
    signal: AbortSignal,
    kept: Pick<BuildTask, 'pinnedDigest' | 'traces'>,
  ): Promise<MadeImage> {
    for (;;) {
      try {
        return await makeImage(await taskOf(request, journal, signal, kept));
      } catch (error) {
        signal.throwIfAborted();
        const outage = error instanceof EngineUnavailableError ? describeOutage(error) : await findOutage(engine);
        if (outage === null) throw error;
        journal.line(outage.detail);
        journal.step('Waiting for the Docker engine to come back');
        await waitForEngine(engine, outage, signal);
        journal.line('The Docker engine is back; the build begins anew.');
      }
    }
  }

  async function taskOf(
    request: BuildRequest,
    journal: BuildJournal,
    signal: AbortSignal,
    kept: Pick<BuildTask, 'pinnedDigest' | 'traces'>,
  ): Promise<BuildTask> {
    const { key, definition, servesPython, isRebuild } = request;
    const { credentials, settings, installationId, servingRequirements, workDir } = options;
    const architecture = await engine.architecture();
    const labels = { [INSTALLATION_LABEL]: installationId, [KEY_LABEL]: key };
    const ownName = { repository: ownRepository(installationId), tag: key };
    const asked = { key, definition, servesPython, isRebuild, servingRequirements, workDir };
    const of = { ...asked, engine, journal, settings, credentials, labels, ownName };
    const today = formatInstant(options.clock.now()).slice(0, '2026-01-31'.length);
    return { ...of, ...kept, ownNames, architecture, today, logger, signal };
  }

  async function complete(journal: BuildJournal, traces: BuildTraces, made: MadeImage): Promise<void> {
    const { image, digest, python, warnings, packages } = made;
    const artifact: ImageArtifact = {
      kind: 'image',
      imageId: image.id,
      digest,
      python,
      exposedPorts: image.exposedPorts,
      entrypoint: image.entrypoint,
      command: image.command,
      user: image.user,
      architecture: image.architecture,
    };
    const sizeBytes = image.sizeBytes;
    await journal.complete({ artifact, warnings, sizeBytes, packages, facts: factsOf(traces) });
  }

  /** Of builds that have ended, and of those under way. */
  function ownNames(): OwnName[] {
    const ended = store.list('docker').flatMap((build) => readTraces(build).names);
    return [...ended, ...[...jobs.values()].flatMap(({ traces }) => traces.names)];
  }

  function describeFailure(error: unknown, key: string): Omit<BuildFailure, 'logTail'> {
    if (error instanceof BuildFailedError) return { code: error.code, detail: error.message };
    if (error instanceof EngineRefusalError) {
      const { code, message } = classifyBuildFailure(error.message, null, null);
      return { code, detail: message };
    }
    logger.error({ err: error, key }, 'environment_build_broke');
    const said = error instanceof Error ? error.message : String(error);
    return { code: 'deployment.build_failed', detail: `The image could not be made: ${said}` };
  }

  function stateOf(key: string): BuildState {
    const state = store.find(key)?.state;
    if (state === undefined) throw new Error(`The build of ${key} has no record.`);
    return state;
  }

  async function end(key: string): Promise<void> {
    const job = jobs.get(key);
    job?.control.abort();
    await job?.ended;
  }

  return {
    async start() {
      if ((await findOutage(engine)) !== null) return;
      const left = await engine.listContainers(`${BUILD_LABEL}=${options.installationId}`);
      for (const container of left) await engine.removeContainer(container);
    },
    async stop() {
      stopped = true;
      await Promise.all([...jobs.keys()].map(end));
    },
    ensure,
    find: async (key) => asRecord(store.find(key)),
    readLog: (key, query) => store.readLog(key, query),
    followLog: (key, after, onLine, signal) => store.followLog(key, after, onLine, signal),
    async retain(keys) {
      for (const key of jobs.keys()) if (!keys.has(key)) await end(key);
      // The next call catches up.
      if ((await findOutage(engine)) !== null) return;
      await collectImages({
        engine,
        store,
        keys,
        cacheBytes: options.settings.VIRIDIAN_IMAGE_CACHE_MIB * 2 ** 20,
        installationId: options.installationId,
      });
    },
    onHint: (listener) =>
      store.onChange((key) => {
        if (store.find(key)?.runtime !== 'process') listener(key);
      }),
  };
}

function asRecord(build: StoredBuild | null): BuildRecord | null {
  if (build === null || build.runtime !== 'docker') return null;
  const { key, runtime, attempt, state, startedAt, finishedAt, sizeBytes, packages } = build;
  return { key, runtime, attempt, state, startedAt, finishedAt, sizeBytes, packages };
}

/** A failure belongs to the attempt that met it; an engine that was away is no failure of the build. */
const mayTryAgain = (known: StoredBuild, request: BuildRequest): boolean =>
  known.attempt !== request.attempt ||
  (known.state.kind === 'failed' && known.state.failure.code === 'deployment.runtime_unavailable');

const digestOf = (known: StoredBuild | null): string | null =>
  known?.state.kind === 'ready' && known.state.artifact.kind === 'image' ? known.state.artifact.digest : null;

async function isThere(engine: ImageEngine, known: StoredBuild): Promise<boolean> {
  const imageId = imageIdOf(known);
  return imageId !== null && (await engine.inspect(imageId)) !== null;
}

const imageIdOf = ({ state }: StoredBuild): string | null =>
  state.kind === 'ready' && state.artifact.kind === 'image' ? state.artifact.imageId : null;

async function findOutage(engine: ImageEngine): Promise<BuildFailure | null> {
  try {
    await engine.architecture();
    return null;
  } catch (error) {
    if (error instanceof EngineUnavailableError) return describeOutage(error);
    throw error;
  }
}

const describeOutage = (error: EngineUnavailableError): BuildFailure => ({
  code: 'deployment.runtime_unavailable',
  detail: error.message,
  logTail: [],
});

const tooLong = (): Omit<BuildFailure, 'logTail'> => ({
  code: 'deployment.build_failed',
  detail: `The build was ended because it took longer than ${MAX_BUILD_MS / 3_600_000} hours.`,
});

/** @throws BuildFailedError when it does not come back in time */
async function waitForEngine(engine: ImageEngine, outage: BuildFailure, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + ENGINE_GRACE_MS;
  while ((await findOutage(engine)) !== null) {
    if (performance.now() > deadline) throw new BuildFailedError(outage.code, outage.detail);
    await sleep(ENGINE_LOOK_EVERY_MS, undefined, { signal });
  }
}

interface Places {
  /** Resolves when there is a place. @throws the signal's reason */
  take(signal: AbortSignal): Promise<void>;
  give(): void;
}

function createPlaces(count: number): Places {
  const waiting: (() => void)[] = [];
  let free = count;
  return {
    async take(signal) {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return;
      }
      await new Promise<void>((resolve, reject) => {
        const leave = (): void => {
          waiting.splice(waiting.indexOf(enter), 1);
          reject(signal.reason as Error);
        };
        const enter = (): void => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        signal.addEventListener('abort', leave, { once: true });
        waiting.push(enter);
      });
    },
    give() {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    },
  };
}
