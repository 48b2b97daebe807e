import { encodeBinary } from '../tensors/binary.ts';
import { formatFlat } from '../tensors/encode-json.ts';
import type { NamedTensors, Tensor } from '../tensors/tensor.ts';
import type { InferRequest } from './infer-request.ts';

export interface InferResponse {
  body: string | Buffer;
  /** Length of the JSON that comes before binary tensors; null where there are none. */
  jsonLength: number | null;
}

/** Writes an inference response of the Open Inference Protocol, with binary tensors behind the JSON where they were asked for. */
export function encodeInferResponse(
  request: InferRequest,
  outputs: NamedTensors,
  modelName: string,
  modelVersion: string,
): InferResponse {
  const binaries: Buffer[] = [];
  const parts = request.outputs.map(({ name, binary }) => {
    const tensor = outputs.get(name) as Tensor;
    const head = `{"name":${JSON.stringify(name)},"datatype":"${tensor.datatype}","shape":[${tensor.dims.join(',')}],`;
    if (!binary) return `${head}"data":${formatFlat(tensor)}}`;
    const bytes = encodeBinary(tensor);
    binaries.push(bytes);
    return `${head}"parameters":{"binary_data_size":${bytes.length}}}`;
  });
  const id = request.id === null ? '' : `"id":${JSON.stringify(request.id)},`;
  const model = `"model_name":${JSON.stringify(modelName)},"model_version":${JSON.stringify(modelVersion)}`;
  const json = `{${model},${id}"outputs":[${parts.join(',')}]}`;
  if (binaries.length === 0) return { body: json, jsonLength: null };
  const jsonBytes = Buffer.from(json, 'utf8');
  return { body: Buffer.concat([jsonBytes, ...binaries]), jsonLength: jsonBytes.length };
}
