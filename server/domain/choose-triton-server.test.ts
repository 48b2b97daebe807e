import { expect, test } from 'vitest';
import type { TritonFacts, TritonModel } from '#lib/contracts/model.ts';
import { chooseTritonServer } from './choose-triton-server.ts';

const model = (name: string, reason: string | null): TritonModel => ({
  name,
  config: null,
  backend: 'onnxruntime',
  max_batch_size: 0,
  versions: [1],
  served_versions: [1],
  inputs: [],
  outputs: [],
  dynamic_batching: false,
  instance_count: 1,
  ensemble_steps: [],
  servable_without_triton: reason === null,
  reason: reason ?? '',
});
const repository = (...models: TritonModel[]): TritonFacts => ({ repository: '', models });
const WITH = { available: true, reason: '' };
const WITHOUT = { available: false, reason: 'No program tritonserver was found.' };

test('Triton itself serves where the host has it, whatever the models are', () => {
  expect(chooseTritonServer(repository(model('a', null)), WITH).server).toBe('tritonserver');
  expect(chooseTritonServer(repository(model('a', 'It is a TensorRT engine.')), WITH).server).toBe('tritonserver');
});

test('without it our own server does, where it can serve every model', () => {
  expect(chooseTritonServer(repository(model('a', null), model('b', null)), WITHOUT)).toEqual({
    server: 'onnx',
    reason: 'Served by our own ONNX server: every model is ONNX, and this host has no tritonserver.',
  });
});

test('what cannot be served is named with its reason and with what works instead', () => {
  const choice = chooseTritonServer(repository(model('a', null), model('b', 'It is a TensorRT engine.')), WITHOUT);
  expect(choice).toMatchObject({ server: null });
  expect(choice.reason).toMatch(
    /^1 of 2 models .* "b": It is a TensorRT engine\. No program .* was found\. Or deploy it with a container/,
  );
});
