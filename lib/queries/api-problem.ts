import type { Problem } from '#lib/contracts/problem.ts';

/** A refusal or failure of the REST API, as the problem body it answered with. */
export class ApiProblem extends Error {
  readonly problem: Problem;
  readonly retryAfterSeconds: number | null;

  constructor(problem: Problem, retryAfterSeconds: number | null = null) {
    super(problem.detail);
    this.name = 'ApiProblem';
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Problem for what has no problem body: a dropped connection, a page of another server, a fault in the page itself. */
export function unexpectedProblem(title: string, detail: string, status = 0): Problem {
  return { type: 'about:blank', title, status, detail, code: 'platform.internal' };
}

export function problemOf(error: unknown): Problem {
  if (error instanceof ApiProblem) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return unexpectedProblem(
    'The page met a fault',
    `${detail} Reload the page; if it comes back, report it with these details.`,
  );
}
