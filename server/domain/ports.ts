import type { MirrorComparisons } from '#lib/contracts/mirror-comparison.ts';
import type { MetricsResult } from '#lib/contracts/metrics.ts';

/** One console line of an instance; drivers give it. */
export interface LogSourceLine {
  /** Position that resumes a stream over all instances of a deployment. */
  cursor: string;
  at: string;
  instanceId: string;
  stream: 'stdout' | 'stderr' | 'system';
  text: string;
}

/** Port to the kept consoles of instances. */
export interface LogSource {
  readLogs(
    endpoint: string,
    deployment: string,
    instanceId: string | null,
    options: { tail: number; since?: string; after?: string },
  ): Promise<LogSourceLine[]>;
  /** Calls back for each new line until the signal aborts. */
  followLogs(
    endpoint: string,
    deployment: string,
    instanceId: string | null,
    after: string | null,
    onLine: (line: LogSourceLine) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

/** What one device does that an instance was given. Null is what the driver does not tell. */
export interface GpuUse {
  id: string;
  usedBytes: number | null;
  totalBytes: number | null;
  busyPercent: number | null;
}

/** What an instance uses, at its last sample. */
export interface InstanceUse {
  /** Percent of the CPUs of its instance type; null until there are two samples. */
  cpuPercent: number | null;
  memoryMib: number;
  /** Since its start; null where it is not counted for each instance. */
  networkReceivedBytes: number | null;
  networkSentBytes: number | null;
  /** Of the devices that it was given; null where it has none or they have not been measured. */
  gpus: readonly GpuUse[] | null;
}

/** Port to what instances use now. */
export interface InstanceUseSource {
  instanceUse(instanceId: string): InstanceUse | null;
  /** Instances that cannot be asked about now, and since when: RFC 3339 by id. */
  findUnknown(): Promise<ReadonlyMap<string, string>>;
  /** Why the gateway sends it nothing, or null when it does. */
  ejection(instanceId: string): { reason: string; untilMs: number; workers: number } | null;
}

/** Port to the telemetry process. */
export interface MetricsSource {
  /** @throws AppError with the code that telemetry answered, or `telemetry.unavailable` */
  queryMetrics(parameters: URLSearchParams): Promise<MetricsResult>;
}

/** Port to what telemetry keeps of comparisons of mirrors. */
export interface ComparisonSource {
  /** @param query a range in epoch milliseconds @throws AppError `telemetry.unavailable` */
  queryComparisons(query: { endpoint: string; from: number; to: number; limit: number }): Promise<MirrorComparisons>;
}

/** What the gateway serves TLS with; instants are epoch milliseconds. */
export interface ServedTls {
  port: number;
  /** The first is the default. */
  certificates: readonly {
    origin: 'files' | 'local' | 'acme';
    names: string[];
    subject: string;
    issuer: string;
    notBefore: number;
    notAfter: number;
    fingerprint: string;
    serialNumber: string;
  }[];
  /** Why newer certificates on disk are not served, or null. */
  problem: string | null;
}

/** The public part of the local CA. */
export interface LocalCaCertificate {
  pem: string;
  subject: string;
  notAfter: number;
  fingerprint: string;
}

/** What becomes of the certificates that are got from an ACME server; instants are epoch milliseconds. */
export interface AcmeState {
  directory: string;
  challenge: 'http-01' | 'tls-alpn-01';
  names: readonly {
    name: string;
    state: 'valid' | 'waiting' | 'failed';
    notAfter: number | null;
    error: string | null;
    nextAt: number | null;
  }[];
}

/** Port to the certificates of this installation. */
export interface TlsSource {
  /** Null where nothing is served over TLS, undefined while the gateway has not said. */
  served(): ServedTls | null | undefined;
  /** Null where none are got by ACME. */
  readAcme(): Promise<AcmeState | null>;
  /** Null where this installation has none. */
  readLocalCa(): Promise<LocalCaCertificate | null>;
}
