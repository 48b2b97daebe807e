import { z } from 'zod';
import { ERROR_CODES } from '#lib/contracts/error-codes.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { toProblem } from '#server/kernel/error-catalogue.ts';
import { packageOfImport } from '#server/domain/package-of-import.ts';
import type { InstanceExit } from '#server/drivers/runtime-driver.ts';
import type { Failure } from './find-failure.ts';
import type { InstanceFacts } from './deployment-facts.ts';
import { CONTAINER_CODE_DIR } from './server-settings.ts';

/** Runtimes say in these words that memory was short: V8, C++, Python, the C library. */
const MEMORY_WORDS =
  /heap out of memory|Array buffer allocation failed|std::bad_alloc|MemoryError|Cannot allocate memory|ENOMEM|there is not enough memory/;

/** Python says so of a module that is not installed, whoever's program it is. */
const MODULE_WORDS = /ModuleNotFoundError: No module named '([\w.]+)'/;

/** Last line of our model servers when the model cannot be loaded. */
const MODEL_WORDS = /model does not load: (.+)/;

/** A probe that was answered. */
const HTTP_WORDS = /\b[45]\d\d\b/;

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
  // A list of files ends with a line of its own.
  const gap = error.message.includes('\n') ? '\n' : ' ';
  const told = new AppError(error.code, `${error.message}${gap}${outcome}`, {
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
  if (failure.kind === 'refused') return new AppError(failure.code, endSentence(failure.detail));
  if (failure.kind === 'exit_loop') return explainExits(failure.instance, logTail);
  return explainSilence(failure.instance, failure.afterSeconds);
}

function explainSilence({ row, actual }: InstanceFacts, afterSeconds: number): AppError {
  const probe = actual?.probe.lastResult ?? 'none';
  const { external } = row.spec;
  const elsewhere = explainPort(actual);
  if (elsewhere !== null) return elsewhere;
  if (row.spec.kind === 'container' && HTTP_WORDS.test(probe)) {
    return new AppError(
      'deployment.probe_failed',
      `The container runs, but answers GET ${row.spec.readinessPath} with an error: ${probe}. ` +
        'Set the readiness route to a path that it answers with success, or read its log for why it does not.',
    );
  }
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
  const told = explainReport(logTail, row.spec.code?.files);
  if (told !== null) return told;
  if (exit?.code === 126 || exit?.code === 127) {
    return new AppError(
      exit.code === 126 ? 'deployment.command_not_executable' : 'deployment.command_not_found',
      `The command ${JSON.stringify(row.spec.command?.[0] ?? '')} could not be run: ${lastLine(logTail)}. Check "command".`,
    );
  }
  const loading = explainLoading(row, text);
  if (loading !== null) return loading;
  const how = exit?.reason ?? 'stopped';
  const times = actual === null || actual.restarts <= 1 ? '' : `, ${actual.restarts} times in a row`;
  return new AppError(
    'deployment.exited',
    `The instance ${how}${times}. Its last line was: ${endSentence(lastLine(logTail))}`,
  );
}

/** What a model server, or any program in Python, says of what it could not load. */
function explainLoading(row: InstanceFacts['row'], text: string): AppError | null {
  const missing = MODULE_WORDS.exec(text)?.[1];
  if (missing !== undefined) {
    return new AppError(
      'deployment.import_missing',
      `The Python module '${missing}' is not installed. Add the package ${packageOfImport(missing)} to the environment.`,
    );
  }
  const model = MODEL_WORDS.exec(text)?.[1];
  if (model === undefined) return null;
  const remedy = row.spec.kind === 'mlflow' ? MLFLOW_REMEDY : ONNX_REMEDY;
  return new AppError('deployment.model_not_loadable', `The model does not load: ${shorten(model)}. ${remedy}`);
}

const ONNX_REMEDY = 'Export it again with operators and an opset that the runtime knows.';
const MLFLOW_REMEDY =
  'See that its files are whole and that the environment has the versions with which it was saved; the log says both.';

/** The program listens, but not where it is asked. */
function explainPort(actual: InstanceFacts['actual']): AppError | null {
  const listening = actual?.probe.listening ?? [];
  const asked = actual?.address?.port ?? null;
  if (listening.length === 0 || asked === null) return null;
  if (listening.some(({ port, loopbackOnly }) => port === asked && loopbackOnly)) {
    return new AppError(
      'deployment.listens_on_loopback',
      `The program listens on port ${asked} of 127.0.0.1, which nobody outside of its container reaches. Let it listen on 0.0.0.0.`,
    );
  }
  const ports = listening.map(({ port }) => port);
  if (ports.includes(asked)) return null;
  return new AppError(
    'deployment.wrong_port',
    `Nothing listens on port ${asked}; the program listens on ${ports.join(', ')}. Set the port of the scoring route to that.`,
    { details: { asked_port: asked, listening } },
  );
}

/** What our Python server reports before it ends, as the last line of its console. */
const REPORT = /^viridian-failure: ?(\{.*\})$/;
const reportSchema = z.object({
  code: z.enum(ERROR_CODES),
  detail: z.string(),
  file: z.string().nullish(),
  line: z.number().nullish(),
  traceback: z.string().nullish(),
});

/** @param code hash of the code's files, if the deployment has code */
function explainReport(logTail: readonly string[], code: string | undefined): AppError | null {
  const json = logTail.map((line) => REPORT.exec(line)?.[1]).findLast((found) => found !== undefined);
  const parsed = json === undefined ? null : reportSchema.safeParse(parseJson(json));
  if (!parsed?.success) return null;
  const { code: failureCode, detail, file, ...rest } = parsed.data;
  const place = { file: file && pathInCode(file, code), ...rest };
  const details = Object.fromEntries(
    Object.entries(place).filter(([, value]) => value !== null && value !== undefined),
  );
  return new AppError(failureCode, shorten(detail), { details });
}

/** As whoever wrote it knows it: where the code lies when it runs is ours to choose. */
function pathInCode(file: string, code: string | undefined): string {
  const folder = [`${CONTAINER_CODE_DIR}/`, `/${code}/`].find((part) => file.includes(part));
  return folder === undefined ? file : file.slice(file.indexOf(folder) + folder.length);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut off in the middle: then it says nothing, and the exit is told as any other.
    return null;
  }
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
