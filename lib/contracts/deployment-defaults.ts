/**
 * What the API fills in where a deployment says nothing: the YAML's documented defaults, except that readiness is asked at once and every second
 * (it decides how soon a deployment answers) with attempts that add up to the same patience, and that a request may take a minute.
 */
export const REQUEST_DEFAULTS = {
  request_timeout_ms: 60_000,
  /** Of ONNX models, which answer what waits together as one batch. */
  max_concurrent_requests_per_instance: 256,
  max_queue_wait_ms: 30_000,
} as const;

/** Seconds and counts. */
export const READINESS_DEFAULTS = {
  initial_delay: 0,
  period: 1,
  timeout: 2,
  success_threshold: 1,
  failure_threshold: 300,
} as const;

export const LIVENESS_DEFAULTS = {
  initial_delay: 10,
  period: 10,
  timeout: 2,
  success_threshold: 1,
  failure_threshold: 30,
} as const;
