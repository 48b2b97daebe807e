import { expect, test } from 'vitest';
import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { InferenceConfig } from '#lib/contracts/environment.ts';
import type { DetectedModel } from '#lib/contracts/model.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { hashSpec } from './spec-hash.ts';
import { EMPTY_DEFINITION, type StoredDefinition } from './environment.ts';
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
const instanceType = { key: 'cpu-1', cpu: 1, memoryMib: 2048, gpus: 0, fitReason: '' };
const runtimes = {
  python: { available: true, reason: '' },
  docker: { available: false, reason: 'There is no Docker socket.' },
};
const resolve = (
  written: DeploymentWrite,
  model: DeploymentFindings['model'] = onnx,
  found: Partial<DeploymentFindings> = {},
) => resolveDeploymentSpec(written, { model, environment: null, codeFiles: null, runtimes, instanceType, ...found });

const withDocker = { ...runtimes, docker: { available: true, reason: '' } };
const environmentOf = (definition: Partial<StoredDefinition>) => ({
  name: 'env',
  version: '2',
  buildNumber: 1,
  definition: { ...EMPTY_DEFINITION, ...definition },
});
const routes = {
  scoring_route: { path: '/predict', port: 8501 },
  liveness_route: { path: '/live', port: 8501 },
  readiness_route: { path: '/ready', port: 9000 },
};

test('an ONNX model needs nothing else: defaults batch, wait 60 s and probe readiness every 5 s for five minutes', () => {
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
      periodSeconds: 5,
      timeoutSeconds: 2,
      successThreshold: 1,
      failureThreshold: 60,
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
test.each<[string, DeploymentWrite, DeploymentFindings['model'], string, string]>([
  ['no model and no command', {}, null, 'request.invalid', '/model'],
  ['a model that is not servable', {}, mlflow, 'deployment.kind_not_supported', '/model'],
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
  [
    'a folder of its own for the model',
    { environment_variables: { AZUREML_MODEL_DIR: '/x' } },
    onnx,
    'request.invalid',
    '/environment_variables/AZUREML_MODEL_DIR',
  ],
])('%s is refused with the field', (_name, written, model, code, path) => {
  expect(refusalOf(() => resolve(written, model))).toMatchObject({ code, errors: [{ path }] });
});

test('what is kept without effect is said', () => {
  expect(
    resolve({ data_collector: {}, model_mount_path: '/x', egress_public_network_access: 'disabled' }).warnings,
  ).toHaveLength(3);
});

test('a scoring script runs as a process where packages are all that it needs', () => {
  const code_configuration = { code: 'files:abc', scoring_script: 'src/score.py' };
  const environment = environmentOf({ pipRequirements: 'numpy' });
  const spec = resolve({ code_configuration, environment: 'azureml:env:2' }, onnx, { environment, codeFiles: 'abc' });
  expect(spec).toMatchObject({
    kind: 'scoring_script',
    runtime: 'process',
    code: { files: 'abc', scoringScript: 'src/score.py' },
    environment: { name: 'env', version: '2', servesPython: true },
    readinessPath: '/health/ready',
    maxConcurrentRequestsPerInstance: 8,
  });
  expect(spec.container).toBeUndefined();
});

test('one field moves a scoring script into a container, with another build and another hash', () => {
  const code_configuration = { code: 'files:abc', scoring_script: 'score.py' };
  const found = { environment: environmentOf({ pipRequirements: 'numpy' }), codeFiles: 'abc', runtimes: withDocker };
  const process = resolve({ code_configuration }, onnx, found);
  const docker = resolve({ code_configuration, runtime: 'docker' }, onnx, found);
  expect([process.runtime, docker.runtime]).toEqual(['process', 'docker']);
  expect(docker.environment?.key).not.toBe(process.environment?.key);
  expect(hashSpec(docker, 0)).not.toBe(hashSpec(process, 0));
  expect(docker.container).toMatchObject({ readOnlyRoot: true, user: '10001:10001', egress: true });
});

test('an MLflow model brings its own requirements, and needs no environment', () => {
  const python = { version: '3.11.7', requirements: ['scikit-learn==1.9.1'], conda_packages: [], files: [] };
  const model = { ...onnx, detected: { ...detected, format: 'mlflow' as const, python } };
  expect(resolve({}, model)).toMatchObject({
    kind: 'mlflow',
    environment: { name: null, definition: { pipRequirements: 'scikit-learn==1.9.1', pythonVersion: '3.11.7' } },
  });
});

test('a container is reached by its routes: a port for predictions, others only where they differ', () => {
  const environment = environmentOf({ image: 'tensorflow/serving:2.16', inferenceConfig: routes });
  const spec = resolve({ model_mount_path: '/models' }, onnx, { environment, runtimes: withDocker });
  expect(spec).toMatchObject({
    kind: 'container',
    runtime: 'docker',
    command: null,
    livenessPath: '/live',
    readinessPath: '/ready',
    container: { port: 8501, livenessPort: null, readinessPort: 9000, modelMountPath: '/models', user: null },
    environment: { servesPython: false },
  });
});

test('a container has a port for gRPC where its routes name one', () => {
  const grpcPort = (inferenceConfig: InferenceConfig) => {
    const environment = environmentOf({ image: 'tritonserver', inferenceConfig });
    return resolve({}, null, { environment, runtimes: withDocker }).container?.grpcPort;
  };
  const scoring = { scoring_route: { path: '/v2', port: 8000 } };
  expect(grpcPort({ ...scoring, grpc_route: { port: 8001 } })).toBe(8001);
  expect(grpcPort(scoring)).toBeUndefined();
});

test('a command beside an image replaces what the image would run', () => {
  const environment = environmentOf({ image: 'ollama/ollama' });
  const spec = resolve({ command: ['ollama', 'serve'] }, null, { environment, runtimes: withDocker });
  expect(spec).toMatchObject({ kind: 'container', command: ['ollama', 'serve'], livenessPath: '/' });
});

test('more containers than a host has addresses for are refused at their field, and as many processes are not', () => {
  const container = { environment: environmentOf({ image: 'a' }), runtimes: withDocker };
  expect(resolve({ instance_count: 100 }, null, container)).toMatchObject({ instanceCount: 100 });
  expect(refusalOf(() => resolve({ instance_count: 101 }, null, container))).toMatchObject({
    code: 'request.invalid',
    errors: [{ path: '/instance_count', message: expect.stringContaining('at most 100 containers') }],
  });
  expect(resolve({ instance_count: 101 })).toMatchObject({ instanceCount: 101 });
});

test('a container where there is no Docker is refused with what is missing', () => {
  const environment = environmentOf({ image: 'a' });
  expect(refusalOf(() => resolve({}, null, { environment }))).toMatchObject({
    code: 'deployment.runtime_unavailable',
    message: 'There is no Docker socket.',
  });
});

const tritonModel = (servable: boolean) => ({
  name: 'net',
  config: null,
  backend: servable ? 'onnxruntime' : 'python',
  max_batch_size: 0,
  versions: [1],
  served_versions: [1],
  inputs: [],
  outputs: [],
  dynamic_batching: false,
  instance_count: 1,
  ensemble_steps: [],
  servable_without_triton: servable,
  reason: servable ? '' : 'It is a model of Triton’s Python backend, which only Triton serves.',
});
const repositoryOf = (servable: boolean) => ({
  name: 'repo',
  version: '1',
  detected: {
    ...detected,
    format: 'triton' as const,
    servable,
    entry: 'models/net/1/model.onnx',
    triton: { repository: 'models', models: [tritonModel(servable)] },
  },
});
const withTriton = { ...runtimes, triton: { available: true, reason: '' } };

test('a Triton repository of ONNX models is served by our server, unless the host has Triton', () => {
  const ours = resolve({}, repositoryOf(true));
  expect(ours).toMatchObject({
    kind: 'triton',
    runtime: 'process',
    runtimeReason: expect.stringContaining('our own ONNX server'),
    triton: { server: 'onnx', repository: 'models' },
    readinessPath: '/health/ready',
    maxConcurrentRequestsPerInstance: 256,
  });
  const theirs = resolve({}, repositoryOf(true), { runtimes: withTriton });
  expect(theirs).toMatchObject({ triton: { server: 'tritonserver' }, readinessPath: '/v2/health/ready' });
  expect(hashSpec(ours, 1)).not.toBe(hashSpec({ ...ours, triton: { server: 'onnx', repository: 'other' } }, 1));
});

test('what only Triton serves is refused at deploy by name, and served where the host has it', () => {
  expect(() => resolve({}, repositoryOf(false))).toThrow(
    expect.objectContaining({
      code: 'deployment.kind_not_supported',
      message: expect.stringMatching(/"net": It is a model of Triton’s Python backend.*has no tritonserver.*container/),
    }),
  );
  expect(resolve({}, repositoryOf(false), { runtimes: withTriton })).toMatchObject({ kind: 'triton' });
});

test('a Triton repository in a container needs an image that has Triton', () => {
  expect(() => resolve({ runtime: 'docker' }, repositoryOf(true), { runtimes: withDocker })).toThrow(
    /give an "environment" with its image/,
  );
  const environment = environmentOf({ image: 'nvcr.io/nvidia/tritonserver:25.07-py3', inferenceConfig: routes });
  const spec = resolve({ model_mount_path: '/models' }, repositoryOf(true), { environment, runtimes: withDocker });
  expect(spec).toMatchObject({ kind: 'container', runtime: 'docker' });
});
