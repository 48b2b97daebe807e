import { z } from 'zod';
import { ERROR_CODES } from '#lib/contracts/error-codes.ts';
import type { ProgramEnd, TrialRecord } from '#server/domain/trial.ts';
import { AppError } from '#server/kernel/app-error.ts';

/** What the server prints about its one request, as one line of JSON. */
const reportSchema = z.object({
  ok: z.boolean(),
  load_seconds: z.number().nullish(),
  score_ms: z.number().nullish(),
  peak_memory_mib: z.number().nullish(),
  response: z.unknown().optional(),
  warnings: z.array(z.string()).optional(),
  failure: z.looseObject({ code: z.string(), detail: z.string() }).nullish(),
});
type Report = z.infer<typeof reportSchema>;

export interface TrialEnd {
  measured: Pick<TrialRecord, 'loadSeconds' | 'scoreMs' | 'peakMemoryMib' | 'response'>;
  warnings: string[];
  /** Null when the model answered. */
  error: AppError | null;
}

/**
 * What the end of a trial's program says of the model: its report, or what ended it before there was one.
 * @param limitMs time after which the program was ended
 */
export function readTrialEnd(end: ProgramEnd, limitMs: number): TrialEnd {
  const report = findReport(end.stdout);
  return {
    measured: {
      loadSeconds: report?.load_seconds ?? null,
      scoreMs: report?.score_ms ?? null,
      peakMemoryMib: report?.peak_memory_mib ?? null,
      response: report?.response ?? null,
    },
    warnings: report?.warnings ?? [],
    error: report === null ? explainEnd(end, limitMs) : report.ok ? null : explainReport(report),
  };
}

/** The last line that is a report; a script may print what it likes before. */
function findReport(stdout: string): Report | null {
  for (const line of linesOf(stdout).toReversed()) {
    if (!line.startsWith('{')) continue;
    try {
      const parsed = reportSchema.safeParse(JSON.parse(line));
      if (parsed.success) return parsed.data;
    } catch {
      // A line of the script's own.
    }
  }
  return null;
}

function explainReport({ failure }: Report): AppError {
  if (!failure)
    return new AppError(
      'deployment.probe_failed',
      'The model loads, but answers the sample with an error; see the answer.',
    );
  const { code, detail, ...details } = failure;
  const known = ERROR_CODES.find((one) => one === code) ?? 'deployment.script_failed';
  return new AppError(known, detail, { details });
}

function explainEnd({ code, signal, timedOut }: ProgramEnd, limitMs: number): AppError {
  if (timedOut) {
    const minutes = limitMs / 60_000;
    return new AppError('deployment.not_ready_in_time', `The model had not answered after ${minutes} minutes.`);
  }
  if (signal === 'SIGKILL')
    return new AppError('deployment.out_of_memory', 'The trial was killed, most often because memory ran out.');
  return new AppError(
    'deployment.exited',
    `The trial ended with ${signal ?? `code ${code}`} before it said how it went; see its last lines.`,
  );
}

export const linesOf = (text: string): string[] => text.split(/\r?\n/).filter((line) => line !== '');
