import { join } from 'node:path';
import { z } from 'zod';
import type { ScriptCheckResult } from '#lib/contracts/check.ts';
import type { Actor } from '#server/domain/actor.ts';
import { authorize } from '#server/identity/authorize.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { CheckContext } from './check-context.ts';
import { checkHolds, storeWrittenFiles } from './store-written-files.ts';

const LIMIT_MS = 20_000;

/** What our Python server prints about a script that it only compiled. */
const reportSchema = z.object({
  ok: z.boolean(),
  failure: z
    .object({ detail: z.string(), line: z.number().int().optional(), column: z.number().int().optional() })
    .optional(),
});

/**
 * Compiles a scoring script and looks for `init()` and `run()`; nothing of it is run.
 * @throws AppError `request.invalid` naming the field; `deployment.runtime_unavailable` without a Python
 */
export async function checkScoringScript(
  context: Pick<CheckContext, 'storedFiles' | 'openSource' | 'uploads' | 'runtimes' | 'runProgram' | 'pythonServerDir'>,
  actor: Actor,
  { code, scoring_script: script }: { code: string; scoring_script: string },
): Promise<ScriptCheckResult> {
  authorize(actor, 'environment.write', '/scoring-scripts');
  const { runtimes, runProgram, pythonServerDir, storedFiles } = context;
  if (!runtimes.python.available) throw new AppError('deployment.runtime_unavailable', runtimes.python.reason);
  const id = await storeWrittenFiles(context, code, '/code');
  await checkHolds(context, id, script, '/scoring_script');
  const end = await runProgram({
    command: ['python3', '-m', 'viridian_serving', '--syntax', join(storedFiles.folderOf(id), script)],
    environment: { PYTHONPATH: pythonServerDir, PYTHONDONTWRITEBYTECODE: '1' },
    input: '',
    timeoutMs: LIMIT_MS,
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  return describe(end.stdout, end.stderr);
}

function describe(stdout: string, stderr: string): ScriptCheckResult {
  const parsed = reportSchema.safeParse(parseLastLine(stdout));
  if (!parsed.success) {
    throw new AppError('deployment.script_invalid', `The script could not be checked: ${stderr.slice(-2000)}`);
  }
  const { ok, failure } = parsed.data;
  if (failure === undefined) return { ok, problems: [] };
  const { detail: message, line = null, column = null } = failure;
  return { ok, problems: [{ line, column, message }] };
}

function parseLastLine(text: string): unknown {
  try {
    return JSON.parse(text.trim().split('\n').at(-1) ?? '');
  } catch {
    // No report at all; the caller says so.
    return null;
  }
}
