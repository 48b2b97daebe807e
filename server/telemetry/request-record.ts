/** Why the gateway itself answered; `none` when the answer is the model's. */
export const GATEWAY_REASONS = [
  'none',
  'no_route',
  'unauthorized',
  'forbidden',
  'bad_request',
  'too_large',
  'rate_limited',
  'concurrency_limited',
  'queue_full',
  'queue_timeout',
  'no_deployment',
  'no_instance',
  'connect_failed',
  'connect_timeout',
  'model_timeout',
  'bad_response',
  'upstream_closed',
  'client_gone',
  'preflight',
  'internal',
  'bad_keys',
] as const;
export type GatewayReason = (typeof GATEWAY_REASONS)[number];

/**
 * Columns of a request record. All are numbers of one flat array, because there are tens of thousands of records a second and an object or array for each
 * would keep the garbage collector of a gateway worker busy.
 */
export const RECORD = {
  /** Index into the batch's `targets`. */
  target: 0,
  /** Epoch milliseconds. */
  endedAtMs: 1,
  /** First byte in to last byte out, in microseconds. */
  durationUs: 2,
  /** Wait for a slot. */
  queueUs: 3,
  /** Request sent to first byte of the model's answer; 0 when it was never sent. */
  modelUs: 4,
  /** As the client saw it; 499 when it left first. */
  status: 5,
  /** Index into GATEWAY_REASONS. */
  reason: 6,
  bytesIn: 7,
  bytesOut: 8,
  /** Bit set of REQUEST_FLAGS. */
  flags: 9,
} as const;
export const RECORD_WIDTH = 10;

export const REQUEST_FLAGS = { mirrored: 1, pinned: 2, retried: 4 } as const;

/** `[endpoint, deployment, instance]`, with '' where none was chosen. */
export type RecordTarget = readonly [endpoint: string, deployment: string, instance: string];

/** What a gateway worker sends at once (see `encodeRequestBatch`). */
export interface RequestBatch {
  /** Worker pid and start time: unique per worker life. */
  readonly source: string;
  /** Rises by one per batch of a source, so that gaps and repeats show. */
  readonly sequence: number;
  /** Records thrown away since the last batch because telemetry was away. */
  readonly dropped: number;
  readonly targets: readonly RecordTarget[];
  /** Rows of RECORD_WIDTH numbers. */
  readonly records: Float64Array;
}

/** Resource use of an instance, taken by the control plane. */
export interface ResourceSample {
  atMs: number;
  endpoint: string;
  deployment: string;
  instance: string;
  /** Percent of the instance type's CPUs. */
  cpuPercent: number;
  memoryBytes: number;
  /** Percent of the instance type's memory. */
  memoryPercent: number;
}

/** Body of `POST /ingest/samples`. */
export interface SampleBatch {
  version: 1;
  samples: ResourceSample[];
}
