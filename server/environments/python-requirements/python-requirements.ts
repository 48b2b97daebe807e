import { AppError } from '#server/kernel/app-error.ts';

/** What a description of packages comes to where there is no conda: lines that pip and uv understand. */
export interface PythonRequirements {
  /** `3.11`, `3.11.7`, or a range such as `>=3.9,<3.12`; null where it does not say. */
  pythonVersion: string | null;
  /** Lines of a requirements file, each with its hashes. */
  requirements: string[];
  /** Conda packages, as written, that no wheel stands in for: only the Docker runtime can install them. */
  unmapped: string[];
  /** What was changed or left out, in sentences for the person who wrote it. */
  notes: string[];
}

export const NO_REQUIREMENTS: PythonRequirements = { pythonVersion: null, requirements: [], unmapped: [], notes: [] };

/** Where something stands: files are text with lines, and people look for the line. */
export interface Place {
  file: string;
  /** From 1. */
  line: number;
}

/** @returns AppError `request.invalid` that names the line and what to write instead */
export function refuseLine({ file, line }: Place, fault: string, remedy: string): AppError {
  return new AppError('request.invalid', `${file}, line ${line}: ${fault} ${remedy}`, { details: { file, line } });
}
