import { z } from 'zod';
import { parse, YAMLError } from 'yaml';
import { AppError } from '#server/kernel/app-error.ts';
import { join } from './parse-conda-file.ts';
import { parseLine, type ParseOptions } from './parse-requirements-file.ts';
import { NO_REQUIREMENTS, type PythonRequirements } from './python-requirements.ts';

const pythonEnvSchema = z.object({
  python: z.union([z.string(), z.number()]).transform(String).optional(),
  build_dependencies: z.array(z.string()).nullish(),
  dependencies: z.array(z.string()).nullish(),
});

/**
 * Reads the `python_env.yaml` that MLflow writes for virtual environments: `python`, `build_dependencies` and `dependencies`, which mostly
 * are `-r requirements.txt`. Pure.
 * @throws AppError `request.invalid`
 */
export function parsePythonEnv(text: string, options: ParseOptions): PythonRequirements {
  const parsed = pythonEnvSchema.safeParse(parseYaml(text, options.file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(options.file, `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'is not valid'}`);
  }
  const { python, build_dependencies, dependencies } = parsed.data;
  const built = (build_dependencies ?? []).filter((line) => !/^pip\b(?!-)/.test(line.trim()));
  const lines = [...built, ...(dependencies ?? [])].map((line) => ({
    ...NO_REQUIREMENTS,
    ...parseLine(line.trim(), { file: options.file, line: lineOf(text, line) }, options),
  }));
  return { ...join(lines), pythonVersion: python ?? null };
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof YAMLError) throw invalid(file, `this is no YAML: ${error.message.split('\n')[0] ?? ''}`);
    throw error;
  }
}

function invalid(file: string, fault: string): AppError {
  return new AppError(
    'request.invalid',
    `${file}: ${fault}. It needs "python" and a list "dependencies", as MLflow writes them.`,
    { details: { file } },
  );
}

function lineOf(text: string, item: string): number {
  return text.split(/\r?\n/).findIndex((line) => line.includes(item)) + 1 || 1;
}
