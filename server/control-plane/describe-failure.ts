import type { Problem } from '#lib/contracts/problem.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { toProblem } from '#server/kernel/error-catalogue.ts';
import type { InstanceExit } from '#server/drivers/runtime-driver.ts';
import type { Failure } from './find-failure.ts';
import type { InstanceFacts } from './deployment-facts.ts';

/** Runtimes say in these words that memory was short: V8, C++, Python, the C library. */
const MEMORY_WORDS =
  /heap out of memory|Array buffer allocation failed|std::bad_alloc|MemoryError|Cannot allocate memory|ENOMEM/;

/** The ONNX model server's last line when onnxruntime gave up. */
const MODEL_WORDS = /model does not load: (.+)/;

const MAX_QUOTED_CHARACTERS = 600;

/**
 * The failure of a rollout as a problem body: cause in words, what to do, and the evidence in `details`. `logTail` holds the last console lines
 * of the instance.
 */
export function describeFailure(
  failure: Failure,
  logTail: readonly string[],
  after: 'revert' | 'remove' | 'keep',
): Problem {
  const error = explain(failure, logTail);
  const outcome = isExternal(failure) && after === 'keep' ? WATCHED_ON : OUTCOME_WORDS[after];
  const told = new AppError(error.code, `${error.message} ${outcome}`, {
    details: { ...error.details, ...evidence(failure), log_tail: [...logTail] },
  });
  // The request that asked has been answered long ago; the operation is the reference here.
  const { request_id: _none, ...problem } = toProblem(told, '');
  return problem;
}

const OUTCOME_WORDS = {
  revert: 'The previous version keeps serving.',
  remove: 'Nothing is left running; the logs are kept.',
  keep: 'The instance is kept so that you can look at it, and costs until you change or delete the deployment.',
} as const;

/** Nothing was started, and nothing is charged. */
const WATCHED_ON = 'It is watched on, and counts as ready once it answers, until you change or delete the deployment.';

function isExternal(failure: Failure): boolean {
  return failure.kind !== 'refused' && failure.instance.row.spec.external !== undefined;
}

function explain(failure: Failure, logTail: readonly string[]): AppError {
  if (failure.kind === 'refused') return new AppError(failure.code, failure.detail);
  if (failure.kind === 'exit_loop') return explainExits(failure.instance, logTail);
  return explainSilence(failure.instance, failure.afterSeconds);
}

function explainSilence({ row, actual }: InstanceFacts, afterSeconds: number): AppError {
  const probe = actual?.probe.lastResult ?? 'none';
  const { external } = row.spec;
  if (external) {
    return new AppError(
      'deployment.not_ready_in_time',
      `The server did not answer GET ${external.urls[0] ?? ''}${external.healthPath} with success within ${afterSeconds} s; the last result was: ${probe}. ` +
        'See that it runs and can be reached from here, and set external.health_path to a path that it answers.',
    );
  }
  return new AppError(
    'deployment.not_ready_in_time',
    `The instance did not answer GET ${row.spec.readinessPath} with success within ${afterSeconds} s; the last result was: ${probe}. ` +
      'Read its log, and give it longer by readiness_probe.initial_delay or failure_threshold if it only starts slowly.',
  );
}

function explainExits({ row, actual }: InstanceFacts, logTail: readonly string[]): AppError {
  const exit = actual?.lastExit ?? null;
  const text = logTail.join('\n');
  if (exit?.outOfMemory || MEMORY_WORDS.test(text)) {
    return new AppError(
      'deployment.out_of_memory',
      `The instance needs more memory than the ${row.spec.memoryMib} MiB of instance type ${row.spec.instanceType}. Choose a larger type.`,
    );
  }
  if (exit?.code === 126 || exit?.code === 127) {
    return new AppError(
      'deployment.command_not_found',
      `The command ${JSON.stringify(row.spec.command?.[0] ?? '')} could not be run: ${lastLine(logTail)}. Check "command".`,
    );
  }
  const model = MODEL_WORDS.exec(text)?.[1];
  if (model !== undefined) {
    return new AppError(
      'deployment.model_not_loadable',
      `The model does not load: ${shorten(model)}. Export it again with operators and an opset that the runtime knows.`,
    );
  }
  const how = exit?.reason ?? 'stopped';
  const times = actual === null || actual.restarts <= 1 ? '' : `, ${actual.restarts} times in a row`;
  return new AppError(
    'deployment.exited',
    `The instance ${how}${times}. Its last line was: ${endSentence(lastLine(logTail))}`,
  );
}

function evidence(failure: Failure): Record<string, unknown> {
  if (failure.kind === 'refused') return {};
  const { row, actual } = failure.instance;
  return {
    instance: row.id,
    restarts: actual?.restarts ?? 0,
    last_exit: actual?.lastExit ? presentExit(actual.lastExit) : null,
    last_probe: actual?.probe.lastResult ?? null,
  };
}

function presentExit({ outOfMemory, ...exit }: InstanceExit): Record<string, unknown> {
  return { ...exit, out_of_memory: outOfMemory };
}

/** What a program wrote goes on into a sentence of ours. */
function endSentence(text: string): string {
  return /[.?!…]$/.test(text) ? text : `${text}.`;
}

function lastLine(logTail: readonly string[]): string {
  const line = logTail.findLast((text) => text.trim() !== '');
  return line === undefined ? '(it wrote nothing)' : shorten(line.trim());
}

function shorten(text: string): string {
  return text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}…` : text;
}
