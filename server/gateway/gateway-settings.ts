/** Limits and time-outs of the data plane that are the same for every endpoint. All durations are milliseconds. */
export interface GatewaySettings {
  /** First byte of a request to the end of its head. */
  requestHeadTimeoutMs: number;
  /** Silence of a client in the middle of a body. */
  bodyIdleTimeoutMs: number;
  /** Silence of a client between two requests. */
  keepAliveTimeoutMs: number;
  /** A client's first byte on the TLS port to the end of its handshake. */
  tlsHandshakeTimeoutMs: number;
  /** Handshakes that a worker carries on at a time; further clients are turned away. */
  tlsMaxHandshakes: number;
  connectTimeoutMs: number;
  /** Silence of a model after the head of its answer. */
  streamIdleTimeoutMs: number;
  /** How long a drain waits for requests in flight. */
  drainTimeoutMs: number;
  /** How long a closed connection is read and ignored, so that the last answer is not lost to a reset. */
  lingerTimeoutMs: number;
  /** How long an upstream may stay silent after `Expect: 100-continue` before the body is asked for all the same. */
  continueTimeoutMs: number;
  /** Age at which an idle upstream connection is no longer used: common model servers close theirs after 2 to 5 s. */
  upstreamIdleMs: number;
  /** Age at which an idle upstream connection is too old for a request that cannot be sent twice. */
  upstreamIdleUnrepeatableMs: number;
  /** Time in which the share of an instance grows that has joined others, or was ejected. */
  slowStartMs: number;
  /** How long a request waits for the first instance of a deployment whose instances are starting. */
  coldHoldMs: number;
  /** WebSocket without a byte in either direction. */
  tunnelIdleTimeoutMs: number;
  tunnelMaxAgeMs: number;
  /** Bytes of a request body that are kept while it cannot be sent yet, or so that it can be sent again. */
  bodyBufferBytes: number;
  /** Bytes of a body that a mirror copy may hold. */
  mirrorBodyBytes: number;
  mirrorConcurrency: number;
  /** Bytes of answers and requests that a worker may hold to compare them. */
  comparisonMemoryBytes: number;
  /** Pairs of answers that may wait to be compared. */
  comparisonQueue: number;
  /** Body limit of an endpoint that sets none. */
  maxBodyBytes: number;
  /** Wrong keys a minute that one address may show; 0 for any number. */
  badKeysPerMinute: number;
  /** How long an answer that is under way goes on once the key or token that opened it has lapsed. */
  lapsedGraceMs: number;
  /** How often deadlines are looked at, so how late one can fire. */
  sweepIntervalMs: number;
}

export const DEFAULT_SETTINGS: GatewaySettings = {
  requestHeadTimeoutMs: 10_000,
  bodyIdleTimeoutMs: 30_000,
  keepAliveTimeoutMs: 75_000,
  tlsHandshakeTimeoutMs: 10_000,
  tlsMaxHandshakes: 4_096,
  connectTimeoutMs: 2_000,
  streamIdleTimeoutMs: 60_000,
  drainTimeoutMs: 30_000,
  lingerTimeoutMs: 2_000,
  continueTimeoutMs: 1_000,
  upstreamIdleMs: 1_000,
  upstreamIdleUnrepeatableMs: 250,
  slowStartMs: 10_000,
  coldHoldMs: 30_000,
  tunnelIdleTimeoutMs: 300_000,
  tunnelMaxAgeMs: 24 * 3_600_000,
  bodyBufferBytes: 64 * 1024,
  mirrorBodyBytes: 1024 * 1024,
  mirrorConcurrency: 64,
  comparisonMemoryBytes: 16 * 1024 * 1024,
  comparisonQueue: 1_024,
  maxBodyBytes: 1024 ** 3,
  badKeysPerMinute: 60,
  lapsedGraceMs: 2_000,
  sweepIntervalMs: 50,
};
