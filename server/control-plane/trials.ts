import type { Problem } from '#lib/contracts/problem.ts';
import type { DeploymentSpec } from '#server/domain/deployment.ts';
import type { BuildArtifact, BuildRequest, BuildState, EnvironmentBuilder } from '#server/domain/environment-build.ts';
import { UNOBSERVED } from '#server/domain/instance.ts';
import type { OnceRun, ProgramEnd, RunProgram, TrialRecord, Trials } from '#server/domain/trial.ts';
import type { InstanceSpec } from '#server/drivers/runtime-driver.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { Clock } from '#server/kernel/clock.ts';
import { toProblem } from '#server/kernel/error-catalogue.ts';
import { randomName } from '#server/kernel/ids.ts';
import { buildRequestOf } from './environment-state.ts';
import type { InstallationPaths } from './installation-paths.ts';
import { compileInstanceSpec } from './instance-spec.ts';
import { linesOf, readTrialEnd } from './read-trial-end.ts';

const KEPT_MS = 60 * 60_000;
const RUN_LIMIT_MS = 10 * 60_000;
const LOG_TAIL_LINES = 60;

/** Port to containers that run once, to their end, confined as instances are. */
export type RunContainer = (spec: InstanceSpec, run: OnceRun) => Promise<ProgramEnd>;

export interface TrialsOptions {
  environments: EnvironmentBuilder;
  paths: InstallationPaths;
  runProgram: RunProgram;
  runContainer: RunContainer;
  clock: Clock;
}

export interface RunningTrials extends Trials {
  /** Builds that trials wait for. */
  buildKeys(): string[];
  stop(): Promise<void>;
}

interface Running {
  record: TrialRecord;
  spec: DeploymentSpec;
  abort: AbortController;
  ended: Promise<void>;
}

type Triable = Pick<DeploymentSpec, 'runtime' | 'gpus'> & { environment?: { servesPython: boolean } };

/** @throws AppError for what our Python server does not run, or not without what only instances get */
export function refuseUntriable({ environment, runtime, gpus }: Triable): void {
  if (environment?.servesPython !== true)
    throw new AppError('deployment.kind_not_supported', 'Only Python models can be tried.');
  if (runtime === 'docker' && (gpus ?? 0) > 0)
    throw new AppError(
      'deployment.runtime_unavailable',
      'A model that asks for GPUs is not tried in a container, because only instances are given devices. Deploy it without traffic to see whether it loads.',
    );
}

/**
 * Tries models before they are deployed: builds the environment as a deployment would, then runs our server once with one request. Trials live in
 * memory: they are answers to somebody who waits.
 */
export function createTrials({ environments, paths, runProgram, runContainer, clock }: TrialsOptions): RunningTrials {
  const trials = new Map<string, Running>();

  function begin(spec: DeploymentSpec, sample: unknown): TrialRecord {
    // Said before anything is built: an image takes minutes.
    refuseUntriable(spec);
    forgetOld();
    const record = newRecord(clock.now());
    const abort = new AbortController();
    const ended = run(record, spec, sample, abort.signal).catch((error: unknown) => fail(record, problemOf(error)));
    trials.set(record.id, { record, spec, abort, ended: ended.then(() => void (record.finishedAt = clock.now())) });
    return record;
  }

  async function run(record: TrialRecord, spec: DeploymentSpec, sample: unknown, signal: AbortSignal): Promise<void> {
    const artifact = await build(record, spec, signal);
    if (artifact === null || signal.aborted) return;
    const program = compileInstanceSpec(instanceOf(record, spec), paths, artifact);
    if (program === null) throw new Error('A Python model has a program.');
    Object.assign(record, { state: 'running', step: 'Loading the model and scoring one request', progress: null });
    const end = await runToEnd(
      { ...program, command: [...program.command, '--check', '--sample', '-'] },
      { input: sample === undefined ? '' : JSON.stringify(sample), timeoutMs: RUN_LIMIT_MS, signal },
    );
    record.logTail = linesOf(end.stderr).slice(-LOG_TAIL_LINES);
    if (!signal.aborted) conclude(record, end);
  }

  function runToEnd(program: InstanceSpec, run: OnceRun): Promise<ProgramEnd> {
    if (program.container !== undefined) return runContainer(program, run);
    const { command, modelDir } = program;
    const environment = { ...program.environment, ...(modelDir !== null && { AZUREML_MODEL_DIR: modelDir }) };
    return runProgram({ ...run, command, environment });
  }

  /** Null when it failed or was given up. */
  async function build(record: TrialRecord, spec: DeploymentSpec, signal: AbortSignal): Promise<BuildArtifact | null> {
    const request = buildRequestOf(spec, paths.filesDir, record.id);
    if (request === null) throw new Error('A Python model has an environment to build.');
    const state = await buildToEnd(environments, request, signal, ({ step, progress }) =>
      Object.assign(record, { step, progress }),
    );
    if (state === null) return null;
    if (state.kind === 'ready') {
      record.warnings = state.warnings;
      return state.artifact;
    }
    const { code, detail, logTail } = state.failure;
    record.logTail = [...logTail];
    fail(record, problemOf(new AppError(code, detail)));
    return null;
  }

  function forgetOld(): void {
    for (const [id, { record }] of trials) {
      if (record.finishedAt !== null && record.createdAt + KEPT_MS < clock.now()) trials.delete(id);
    }
  }

  return {
    begin,
    find: (id) => trials.get(id)?.record ?? null,
    cancel(id) {
      const trial = trials.get(id);
      if (trial === undefined || trial.record.finishedAt !== null) return;
      trial.record.state = 'canceled';
      trial.abort.abort();
    },
    buildKeys: () =>
      [...trials.values()].flatMap(({ record, spec }) =>
        record.finishedAt === null && spec.environment !== undefined ? [spec.environment.key] : [],
      ),
    async stop() {
      for (const { abort } of trials.values()) abort.abort();
      await Promise.all([...trials.values()].map(({ ended }) => ended));
    },
  };
}

function newRecord(now: number): TrialRecord {
  return {
    id: randomName(16),
    state: 'preparing',
    step: 'Preparing the environment',
    progress: null,
    loadSeconds: null,
    scoreMs: null,
    peakMemoryMib: null,
    response: null,
    logTail: [],
    warnings: [],
    error: null,
    createdAt: now,
    finishedAt: null,
  };
}

/** A trial is an instance that nobody routes to. */
function instanceOf({ id, createdAt }: TrialRecord, spec: DeploymentSpec) {
  const names = { id, endpointName: 'trial', deploymentName: 'trial', specHash: id };
  return { ...UNOBSERVED, ...names, spec, desired: 'run' as const, drainingSince: null, createdAt };
}

/** How a build ended; null when the signal was aborted first. */
function buildToEnd(
  environments: EnvironmentBuilder,
  request: BuildRequest,
  signal: AbortSignal,
  onStep: (state: Extract<BuildState, { kind: 'building' }>) => void,
): Promise<Exclude<BuildState, { kind: 'building' }> | null> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      environments.ensure(request).then((state) => (state.kind === 'building' ? onStep(state) : end(state)), reject);
    };
    const end = (state: Exclude<BuildState, { kind: 'building' }> | null): void => {
      unsubscribe();
      signal.removeEventListener('abort', giveUp);
      resolve(state);
    };
    const giveUp = (): void => end(null);
    const unsubscribe = environments.onHint((changed) => changed === request.key && look());
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    else look();
  });
}

function conclude(record: TrialRecord, end: ProgramEnd): void {
  const { measured, warnings, error } = readTrialEnd(end, RUN_LIMIT_MS);
  Object.assign(record, measured, { warnings: [...record.warnings, ...warnings] });
  if (error === null) Object.assign(record, { state: 'succeeded', step: 'The model answered.', progress: 1 });
  else fail(record, problemOf(error));
}

function fail(record: TrialRecord, error: Problem): void {
  Object.assign(record, { state: 'failed', step: 'It failed.', progress: null, error });
}

function problemOf(error: unknown): Problem {
  const { request_id: _none, ...problem } = toProblem(error, '');
  return problem;
}
