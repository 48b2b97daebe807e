/**
 * What the API fills in where a deployment says nothing: the YAML's documented defaults, except that readiness is asked at once
 * (it decides how soon a deployment answers) and every 5 s with attempts that add up to the same patience, and that a request may take a minute.
 */

/** Requests that one instance takes at once. The ONNX server batches what waits together; of a foreign program nothing is known. */
export const CONCURRENCY_DEFAULTS = {
  onnx: 256,
  mlflow: 256,
  triton: 256,
  scoring_script: 8,
  container: 100,
  command: 100,
  external: 100,
} as const;

export const REQUEST_DEFAULTS = {
  request_timeout_ms: 60_000,
  max_concurrent_requests_per_instance: CONCURRENCY_DEFAULTS.onnx,
  max_queue_wait_ms: 30_000,
} as const;

/** How long a start may take in all: what the YAML's own readiness defaults (30 attempts every 10 s) add up to. */
const START_PATIENCE_SECONDS = 300;

/** Failed attempts after which an instance counts as one that does not become ready. */
export function readinessAttempts(periodSeconds: number): number {
  return Math.max(1, Math.ceil(START_PATIENCE_SECONDS / periodSeconds));
}

/**
 * Seconds and counts. Whatever the period, a program that starts is asked far more often until its first success, and one that fails a call is asked
 * at once; the rest is what watching costs while nothing happens.
 */
export const READINESS_DEFAULTS = {
  initial_delay: 0,
  period: 5,
  timeout: 2,
  success_threshold: 1,
  failure_threshold: readinessAttempts(5),
} as const;

/** Nobody tells of the end of a program that runs elsewhere, so it is asked for; and it runs already, so it needs no patience. */
export const EXTERNAL_READINESS_DEFAULTS = { period: 5, failure_threshold: 3 } as const;

export const LIVENESS_DEFAULTS = {
  initial_delay: 10,
  period: 10,
  timeout: 2,
  success_threshold: 1,
  failure_threshold: 30,
} as const;

/** Of a folder to build an image from. */
export const DEFAULT_DOCKERFILE_PATH = 'Dockerfile';
