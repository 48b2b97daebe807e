import { expect, test } from 'vitest';
import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { DetectedModel } from '#lib/contracts/model.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { resolveDeploymentSpec, type DeploymentFindings } from './resolve-deployment-spec.ts';

const detected: DetectedModel = {
  format: 'onnx',
  servable: true,
  reason: '',
  entry: 'iris/model.onnx',
  inputs: [],
  outputs: [],
  sample_request: null,
  onnx: null,
  warnings: [],
};
const onnx = { name: 'iris', version: '3', detected };
const instanceType = { key: 'cpu-1', cpu: 1, memoryMib: 2048, fitReason: '' };
const resolve = (written: DeploymentWrite, model: DeploymentFindings['model'] = onnx) =>
  resolveDeploymentSpec(written, { model, instanceType });

test('an ONNX model needs nothing else: defaults batch, wait 60 s and probe readiness every second for five minutes', () => {
  expect(resolve({})).toEqual({
    kind: 'onnx',
    runtime: 'process',
    runtimeReason: 'Chosen because it needs nothing but this host.',
    model: { name: 'iris', version: '3', entry: 'iris/model.onnx' },
    command: null,
    environmentVariables: {},
    instanceType: 'cpu-1',
    instanceCount: 1,
    cpu: 1,
    memoryMib: 2048,
    requestTimeoutMs: 60_000,
    maxConcurrentRequestsPerInstance: 256,
    maxQueueWaitMs: 30_000,
    livenessPath: '/health/live',
    readinessPath: '/health/ready',
    liveness: {
      initialDelaySeconds: 10,
      periodSeconds: 10,
      timeoutSeconds: 2,
      successThreshold: 1,
      failureThreshold: 30,
    },
    readiness: {
      initialDelaySeconds: 0,
      periodSeconds: 1,
      timeoutSeconds: 2,
      successThreshold: 1,
      failureThreshold: 300,
    },
    warnings: [],
  });
});

test('what the caller writes wins over every default', () => {
  const spec = resolve({
    instance_count: 3,
    request_settings: { request_timeout_ms: 5, max_concurrent_requests_per_instance: 2, max_queue_wait_ms: 0 },
    readiness_probe: { period: 10, initial_delay: 4 },
    environment_variables: { A: 'b' },
  });
  expect(spec).toMatchObject({
    instanceCount: 3,
    requestTimeoutMs: 5,
    maxConcurrentRequestsPerInstance: 2,
    maxQueueWaitMs: 0,
    environmentVariables: { A: 'b' },
    readiness: { initialDelaySeconds: 4, periodSeconds: 10, failureThreshold: 30 },
  });
});

test('a command is probed where its inference_config says, else at the root, and takes 100 requests at once', () => {
  expect(resolve({ command: ['./serve'] }, null)).toMatchObject({
    kind: 'command',
    command: ['./serve'],
    model: null,
    livenessPath: '/',
    readinessPath: '/',
    maxConcurrentRequestsPerInstance: 100,
  });
  const environment = { inference_config: { readiness_route: { path: '/ready', port: 1 } } };
  expect(resolve({ command: ['x'], environment }, null)).toMatchObject({
    livenessPath: '/ready',
    readinessPath: '/ready',
  });
});

function refusalOf(attempt: () => unknown): AppError | null {
  try {
    attempt();
    return null;
  } catch (error) {
    return error instanceof AppError ? error : null;
  }
}

const mlflow = { ...onnx, detected: { ...detected, format: 'mlflow', servable: false, reason: 'No MLflow.' } as const };
const code_configuration = { code: 'upload:x', scoring_script: 'score.py' };
test.each<[string, DeploymentWrite, DeploymentFindings['model'], string, string]>([
  ['no model and no command', {}, null, 'request.invalid', '/model'],
  ['a model that is not servable', {}, mlflow, 'deployment.kind_not_supported', '/model'],
  ['a scoring script', { code_configuration }, onnx, 'deployment.kind_not_supported', '/code_configuration'],
  ['an environment', { environment: 'azureml:x:1' }, onnx, 'deployment.kind_not_supported', '/environment'],
  [
    'a command in an image',
    { command: ['x'], environment: { image: 'a' } },
    null,
    'deployment.kind_not_supported',
    '/environment',
  ],
  ['Docker', { runtime: 'docker' }, onnx, 'deployment.runtime_unavailable', '/runtime'],
  ['a Kubernetes deployment', { type: 'kubernetes' }, onnx, 'deployment.runtime_unavailable', '/type'],
  [
    'automatic scaling',
    { scale_settings: { type: 'target_utilization' } },
    onnx,
    'request.invalid',
    '/scale_settings/type',
  ],
  [
    'a secret reference',
    { environment_variables: { K: '${{keyvault:x}}' } },
    onnx,
    'request.invalid',
    '/environment_variables/K',
  ],
  [
    'a port of its own',
    { environment_variables: { PORT: '1' } },
    onnx,
    'request.invalid',
    '/environment_variables/PORT',
  ],
])('%s is refused with the field', (_name, written, model, code, path) => {
  expect(refusalOf(() => resolve(written, model))).toMatchObject({ code, errors: [{ path }] });
});

test('what is kept without effect is said', () => {
  expect(
    resolve({ data_collector: {}, model_mount_path: '/x', egress_public_network_access: 'disabled' }).warnings,
  ).toHaveLength(3);
});
