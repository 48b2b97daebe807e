import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentSpec, DesiredDeployment } from '#server/domain/deployment.ts';
import type { EndpointSettings } from '#server/domain/endpoint.ts';
import { hashSpec } from '#server/domain/spec-hash.ts';
import { openDatabase, type Database } from './database.ts';

export interface ManualClock {
  now(): number;
  monotonic(): number;
  advance(ms: number): void;
}

/** A clock that stands still until it is told to move. Starts on 1 June 2026. */
export function createManualClock(start = Date.UTC(2026, 5, 1)): ManualClock {
  let at = start;
  return { now: () => at, monotonic: () => at - start, advance: (ms) => void (at += ms) };
}

/** A real database in a folder of its own; `remove` closes it and takes the folder away. */
export function createTestDatabase(clock: ManualClock = createManualClock()): {
  database: Database;
  clock: ManualClock;
  folder: string;
  remove: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'viridian-store-'));
  const database = openDatabase(join(folder, 'viridian.db'), { clock });
  const remove = (): void => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { database, clock, folder, remove };
}

export const PLAIN_ENDPOINT: EndpointSettings = {
  description: '',
  tags: {},
  properties: {},
  authMode: 'key',
  publicNetworkAccess: 'enabled',
  allowedNetworks: [],
  identity: null,
  compute: null,
  stickyHeader: null,
  limits: null,
  idempotentPredictions: false,
  mapModelErrors: false,
  allowWebsocket: false,
  corsOrigins: [],
  mirrorComparison: null,
};

const PROBE = {
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 2,
  successThreshold: 1,
  failureThreshold: 30,
};

/** The desired state of a plain ONNX deployment, changed where `change` says so. */
export function desiredOnnx(change: Partial<DeploymentSpec> = {}, generation = 0): DesiredDeployment {
  const spec: DeploymentSpec = {
    kind: 'onnx',
    runtime: 'process',
    runtimeReason: '',
    model: { name: 'iris', version: '1', entry: 'model.onnx' },
    command: null,
    environmentVariables: {},
    instanceType: 'cpu-1',
    instanceCount: 1,
    cpu: 1,
    memoryMib: 512,
    requestTimeoutMs: 60_000,
    maxConcurrentRequestsPerInstance: 256,
    maxQueueWaitMs: 30_000,
    livenessPath: '/v2/health/live',
    readinessPath: '/v2/health/ready',
    liveness: PROBE,
    readiness: PROBE,
    warnings: [],
    ...change,
  };
  return { written: { model: 'azureml:iris:1' }, spec, specHash: hashSpec(spec, generation), generation };
}
