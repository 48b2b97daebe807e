import { access, constants, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildRequest, BuildState, EnvironmentBuilder } from '#server/domain/environment-build.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { Clock } from '#server/kernel/clock.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { createTurns } from '#server/kernel/turns.ts';
import { chooseEvictions, type BuildJournal, type BuildStore, type StoredBuild } from '../build-store.ts';
import { hideSecrets, secretsOf, type PythonSettings } from '../python-settings.ts';
import { buildVenv } from './build-venv.ts';
import { measureFolder } from './measure-folder.ts';
import { createPythonToolchain } from './python-toolchain.ts';
import { checkRequirements, type RequirementCheck, type RequirementQuestion } from './check-requirements.ts';

/** Builds share the processors with the models that serve. */
const MAX_BUILDS = 2;
const CLEAN_TIMEOUT_MS = 10 * 60_000;

export interface VenvBuilderOptions {
  /** Shared with other builders and started by whoever made it. */
  store: BuildStore;
  /** `<dataDir>/environments`. */
  folder: string;
  settings: PythonSettings;
  /** `PATH` of this process: where Pythons, compilers and git are looked for. */
  hostPath: string;
  /** What our Python model server likes to have; left out where there are no wheels. */
  servingRequirements: readonly string[];
  clock: Clock;
  logger: Logger;
}

export interface VenvBuilder extends EnvironmentBuilder {
  /** Whether packages exist and go together, without building anything. */
  checkRequirements(question: RequirementQuestion, signal: AbortSignal): Promise<RequirementCheck>;
}

interface RunningBuild {
  control: AbortController;
  begun: Promise<void>;
  done: Promise<void>;
}

/**
 * Builds virtual environments at `<folder>/venvs/<key>/`, one per key however many ask, hard-linked to one cache of packages. What is whole has a
 * record in the store; everything else in the folder is what a crash left, and goes at the start.
 */
export function createVenvBuilder(options: VenvBuilderOptions): VenvBuilder {
  const { store, logger, settings, servingRequirements } = options;
  const tools = createPythonToolchain(options);
  const running = new Map<string, RunningBuild>();
  const removals = new Map<string, Promise<void>>();
  const turns = createTurns(MAX_BUILDS);
  const cacheBytes = settings.VIRIDIAN_ENVIRONMENT_CACHE_MIB * 2 ** 20;
  let stopped = false;

  const venvOf = (key: string): string => join(tools.folders.venvs, key);

  function find(key: string): StoredBuild | null {
    const build = store.find(key);
    return build?.runtime === 'process' ? build : null;
  }

  function begin(request: BuildRequest): RunningBuild {
    const control = new AbortController();
    const journal = store.begin(request, secretsOf(settings));
    const build = {
      control,
      begun: journal.then(() => undefined),
      done: journal
        .then((opened) => carryOut(request, opened, control.signal))
        .finally(() => running.delete(request.key)),
    };
    running.set(request.key, build);
    // `ensure` hears of a failure to begin; this is about the rest, which only a defect or a full disk can cause.
    build.done.catch((error: unknown) => logger.error({ key: request.key, err: error }, 'environment_build_lost'));
    return build;
  }

  async function carryOut(request: BuildRequest, journal: BuildJournal, signal: AbortSignal): Promise<void> {
    const { key } = request;
    const built = turns.take(signal, async () => {
      await removals.get(key);
      return buildVenv(request, { tools, journal, signal, servingRequirements });
    });
    const outcome = await built.then(
      (result) => ({ kind: 'built' as const, result }),
      (error: unknown) => ({ kind: 'ended' as const, error }),
    );
    if (outcome.kind === 'built') return journal.complete(outcome.result);
    await rm(venvOf(key), { recursive: true, force: true });
    if (signal.aborted) return journal.abandon(String(signal.reason));
    if (!(outcome.error instanceof AppError)) logger.error({ key, err: outcome.error }, 'environment_build_failed');
    const { code, detail } = describeFailure(outcome.error);
    // What was fetched in vain would keep the disk full.
    if (code === 'deployment.disk_full') await cleanPackages(0, key).catch(noteUncleaned);
    return journal.fail({ code, detail: hideSecrets(detail, settings) });
  }

  async function ensure(request: BuildRequest): Promise<BuildState> {
    if (stopped) throw new Error('Environments are not built any more: the builder has been stopped.');
    const { key, attempt } = request;
    const known = find(key);
    if (known !== null && (await isUsable(known, attempt))) return known.state;
    const current = running.get(key) ?? begin(request);
    if (find(key)?.state.kind !== 'building') {
      // It has ended and is still being written down; how that went is reported where it began.
      await current.done.catch(() => undefined);
      return ensure(request);
    }
    await current.begun;
    return find(key)?.state ?? ensure(request);
  }

  /** Out of the way first, for a build of the same key may begin at once. */
  async function remove(key: string): Promise<void> {
    const trash = join(tools.folders.tmp, `removed-${key}-${performance.now()}`);
    const removal = store
      .remove(key)
      .then(() => rename(venvOf(key), trash))
      .catch(ignoreAbsent)
      .finally(() => removals.delete(key));
    removals.set(key, removal);
    await removal;
    await rm(trash, { recursive: true, force: true });
  }

  function noteUncleaned(error: unknown): void {
    logger.warn({ err: error }, 'package_cache_not_cleaned');
  }

  /** Packages that no environment links to any more stay only as far as they may; while others build with them, all of them. */
  async function cleanPackages(keepBytes: number, builder?: string): Promise<void> {
    if ([...running.keys()].some((key) => key !== builder)) return;
    if ((await measureFolder(tools.folders.cache, { onlyUnshared: true })) <= keepBytes) return;
    const user = { signal: AbortSignal.timeout(CLEAN_TIMEOUT_MS), onLine: () => undefined };
    const end = await tools.uv(['cache', 'clean', '--quiet'], user, CLEAN_TIMEOUT_MS);
    if (end.status !== 0) noteUncleaned(new Error(end.output));
  }

  return {
    ensure,
    async start() {
      stopped = false;
      await tools.start();
      for (const build of store.list('process')) {
        if (build.state.kind === 'ready' && !(await isUsable(build, build.attempt))) await store.remove(build.key);
      }
      for (const name of await readdir(tools.folders.venvs)) {
        if (find(name)?.state.kind !== 'ready') await rm(venvOf(name), { recursive: true, force: true });
      }
    },
    async stop() {
      stopped = true;
      const builds = [...running.values()];
      for (const { control } of builds) control.abort('Ended: Viridian stops. The next deployment begins anew.');
      await Promise.allSettled(builds.map(({ done }) => done));
    },
    find: (key) => Promise.resolve(find(key)),
    readLog: (key, range) => store.readLog(key, range),
    followLog: (key, after, onLine, signal) => store.followLog(key, after, onLine, signal),
    async retain(keys) {
      for (const [key, { control }] of running) {
        if (!keys.has(key)) control.abort('Ended: nothing needs this environment any more.');
      }
      for (const { key } of store.list('process')) {
        // One that has just ended is still being written down.
        if (!running.has(key)) await store.markUse(key, keys.has(key));
      }
      const evicted = chooseEvictions(store.list('process'), cacheBytes);
      for (const { key } of evicted) await remove(key);
      if (evicted.length > 0) await cleanPackages(cacheBytes);
    },
    onHint: (listener) =>
      store.onChange((key) => {
        if (store.find(key)?.runtime !== 'docker') listener(key);
      }),
    checkRequirements: (question, signal) => checkRequirements(question, tools, servingRequirements, signal),
  };
}

/** Whether a build that ended answers for another request: a failure only the one who has seen it, an environment as long as it is there. */
async function isUsable({ state, attempt }: StoredBuild, asking: string): Promise<boolean> {
  if (state.kind === 'failed') return attempt === asking;
  if (state.kind !== 'ready' || state.artifact.kind !== 'venv') return false;
  return access(state.artifact.python, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function describeFailure(error: unknown): { code: AppError['code']; detail: string } {
  if (error instanceof AppError) return { code: error.code, detail: error.message };
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return {
      code: 'deployment.disk_full',
      detail: 'The disk is full. Remove environments and models that nothing uses, then try again.',
    };
  }
  return { code: 'deployment.build_failed', detail: `The environment could not be built: ${message}` };
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
