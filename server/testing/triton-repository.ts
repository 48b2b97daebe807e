import { encodeNode } from '#server/models/detect/onnx-writer.ts';
import { buildOnnx, floatBytes } from '#server/models/detect/testing/build-onnx.ts';

/** `y = x · factor`, for rows of two numbers. */
function scale(factor: number): Uint8Array {
  return buildOnnx({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['n', 2] }],
    initializers: [{ name: 'k', elementType: 1, dims: [1], raw: floatBytes([factor]) }],
    nodes: [encodeNode('Mul', ['x', 'k'], ['y'])],
  });
}

const DESCRIPTION = `
backend: "onnxruntime"
max_batch_size: 8
input { name: "x" data_type: TYPE_FP32 dims: [ 2 ] }
output { name: "y" data_type: TYPE_FP32 dims: [ 2 ] }
dynamic_batching { }
`;

/** `end = raw · 2 · 10` by way of both. */
const ENSEMBLE = `
platform: "ensemble"
max_batch_size: 8
input { name: "raw" data_type: TYPE_FP32 dims: [ 2 ] }
output { name: "end" data_type: TYPE_FP32 dims: [ 2 ] }
ensemble_scheduling { step [
  { model_name: "two" model_version: -1 input_map { key: "x" value: "raw" } output_map { key: "y" value: "half" } },
  { model_name: "ten" model_version: -1 input_map { key: "x" value: "half" } output_map { key: "y" value: "end" } }
] }
`;

/** A repository of two ONNX models and an ensemble of both, as people lay them out for Triton: content by path. */
export function tritonRepository(): Record<string, Buffer> {
  const files: Record<string, string | Uint8Array> = {
    'two/config.pbtxt': DESCRIPTION,
    'two/1/model.onnx': scale(2),
    'ten/config.pbtxt': DESCRIPTION,
    'ten/1/model.onnx': scale(10),
    'chain/config.pbtxt': ENSEMBLE,
    'chain/1/keep': 'An ensemble has no file of its own.\n',
  };
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]));
}

/** A model of the same repository that only Triton serves. */
export const TENSORRT_MODEL = {
  'engine/config.pbtxt': Buffer.from('platform: "tensorrt_plan"'),
  'engine/1/model.plan': Buffer.from('x'),
};
