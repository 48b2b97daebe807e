import type { TritonConfig, TritonTensor, VersionPolicy } from '#server/models/detect/triton/model-config.ts';
import type { TensorSignature } from '../tensors/tensor.ts';

/** Answer of `/v2/models/<name>/config`: Triton's `ModelConfig` as JSON. */
export type ModelConfigJson = Record<string, unknown>;

interface PlainModel {
  name: string;
  inputs: readonly TensorSignature[];
  outputs: readonly TensorSignature[];
}

/** Of a model that comes without a description. Pure. */
export function describePlainConfig({ name, inputs, outputs }: PlainModel): ModelConfigJson {
  return {
    name,
    platform: 'onnxruntime_onnx',
    backend: 'onnxruntime',
    version_policy: { latest: { num_versions: 1 } },
    max_batch_size: 0,
    input: inputs.map(plainTensor),
    output: outputs.map(plainTensor),
  };
}

/**
 * What is honoured of a model's description, with what it left open filled in. Pure.
 * @param instances sessions that were opened
 */
export function describeConfig(config: TritonConfig, model: PlainModel, instances: number): ModelConfigJson {
  const isEnsemble = config.ensemble !== null;
  return {
    ...describePlainConfig(model),
    platform: isEnsemble ? 'ensemble' : 'onnxruntime_onnx',
    backend: isEnsemble ? '' : 'onnxruntime',
    version_policy: versionPolicyJson(config.versionPolicy),
    max_batch_size: config.maxBatchSize,
    ...(config.inputs.length > 0 && { input: config.inputs.map(tensorJson) }),
    ...(config.outputs.length > 0 && { output: config.outputs.map(tensorJson) }),
    ...(config.dynamicBatching !== null && {
      dynamic_batching: {
        preferred_batch_size: config.dynamicBatching.preferredBatchSizes,
        max_queue_delay_microseconds: 0,
      },
    }),
    ...(config.ensemble === null
      ? { instance_group: [{ name: model.name, kind: 'KIND_CPU', count: instances }] }
      : { ensemble_scheduling: { step: config.ensemble.map(stepJson) } }),
    default_model_filename: config.defaultModelFilename,
    parameters: Object.fromEntries(
      Object.entries(config.parameters).map(([key, value]) => [key, { string_value: value }]),
    ),
  };
}

function plainTensor({ name, datatype, shape }: TensorSignature): ModelConfigJson {
  const dims = (shape ?? []).map((axis) => (typeof axis === 'number' ? axis : -1));
  return { name, data_type: dataType(datatype), dims };
}

function tensorJson({ name, datatype, dims, reshape, labelFile }: TritonTensor): ModelConfigJson {
  return {
    name,
    data_type: dataType(datatype),
    dims,
    ...(reshape !== null && { reshape: { shape: reshape } }),
    ...(labelFile !== '' && { label_filename: labelFile }),
  };
}

const dataType = (datatype: string): string => `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`;

function versionPolicyJson(policy: VersionPolicy): ModelConfigJson {
  if (policy === 'all') return { all: {} };
  if ('specific' in policy) return { specific: { versions: policy.specific } };
  return { latest: { num_versions: policy.latest } };
}

function stepJson({ model, version, inputs, outputs }: NonNullable<TritonConfig['ensemble']>[number]): ModelConfigJson {
  return { model_name: model, model_version: version, input_map: inputs, output_map: outputs };
}
