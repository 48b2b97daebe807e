import type { Problem } from '#lib/contracts/problem.ts';
import { apiProblem } from '#lib/queries/fetch-json.ts';
import { controlPlaneDown } from './refusals.ts';
import { loadStudioConfig } from './studio-config.ts';

/** Outcome of a call: callers branch on it, so refusals are values. */
export type Result<T> = { ok: true; data: T } | { ok: false; problem: Problem; retryAfterSeconds: number | null };

export interface ControlPlaneRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  /** The signed-in user on whose behalf this is; absent only for signing in and set-up. */
  userId?: string;
}

const TIMEOUT_MS = 30_000;

/** Identity headers of the studio itself: the control plane believes `x-viridian-user` only beside the shared token. */
export function studioHeaders(userId: string | undefined): Record<string, string> {
  const { studioToken } = loadStudioConfig();
  return { authorization: `Bearer ${studioToken}`, ...(userId === undefined ? {} : { 'x-viridian-user': userId }) };
}

export function controlPlaneUrl(path: string): string {
  return `http://127.0.0.1:${loadStudioConfig().apiPort}/api/v1${path}`;
}

/** Says that a call got no answer. Of a connection that could not be made, the system's words say everything; a stack would only hide them. */
export function reportSilence(call: string, cause: unknown): void {
  const text = `The control plane did not answer ${call}`;
  const { cause: inner = cause } = cause as { cause?: unknown };
  const { code, message } = inner as NodeJS.ErrnoException;
  if (code === undefined) console.error(`${text}.`, cause);
  else console.error(`${text}: ${message}`);
}

/** One call of the REST API from the studio's server side. `path` starts after `/api/v1`. */
export async function callControlPlane<T>(path: string, request: ControlPlaneRequest = {}): Promise<Result<T>> {
  const { method = 'GET', body, headers, userId } = request;
  let response: Response;
  try {
    response = await fetch(controlPlaneUrl(path), {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
        ...studioHeaders(userId),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    reportSilence(`${method} ${path}`, cause);
    return { ok: false, problem: controlPlaneDown(), retryAfterSeconds: null };
  }
  if (!response.ok) {
    const { problem, retryAfterSeconds } = await apiProblem(response);
    return { ok: false, problem, retryAfterSeconds };
  }
  return { ok: true, data: (response.status === 204 ? undefined : await response.json()) as T };
}
