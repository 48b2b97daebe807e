import type { Problem } from '#lib/contracts/problem.ts';
import type { ErrorCode } from '#lib/contracts/error-codes.ts';
import { unexpectedProblem } from '#lib/queries/api-problem.ts';

/** What the studio itself refuses, before the control plane hears of it. */

export function signedOut(): Problem {
  const detail = 'The session ended or was never there. Sign in, then do it again.';
  return refusal('auth.required', 'You are signed out', detail, 401);
}

export function crossSite(): Problem {
  const detail = 'Another site asked for this in your name, so it was refused. Do it from the studio itself.';
  return refusal('auth.cross_site', 'Refused: it came from another site', detail, 403);
}

export function notFound(): Problem {
  return refusal('request.not_found', 'There is nothing here', 'Check the path.', 404);
}

/** The control plane is stopped or starting; predictions go on without it. */
export function controlPlaneDown(): Problem {
  return unexpectedProblem(
    'The control plane does not answer',
    'It may be restarting. Predictions are not affected. Try again in a few seconds; if it stays down, look at its console.',
    503,
  );
}

function refusal(code: ErrorCode, title: string, detail: string, status: number): Problem {
  return { ...unexpectedProblem(title, detail, status), type: `urn:viridian:error:${code}`, code };
}
