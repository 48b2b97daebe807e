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

/** Port to what instances use now. */
export interface InstanceUseSource {
  instanceUse(instanceId: string): { cpuPercent: number | null; memoryMib: number } | null;
}

/** Port to the telemetry process. */
export interface MetricsSource {
  /** @throws AppError with the code that telemetry answered, or `telemetry.unavailable` */
  queryMetrics(parameters: URLSearchParams): Promise<MetricsResult>;
}
