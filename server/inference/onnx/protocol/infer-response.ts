import { encodeBinary } from '../tensors/binary.ts';
import { formatFlat } from '../tensors/encode-json.ts';
import type { NamedTensors, Tensor } from '../tensors/tensor.ts';
import { classify, type ClassifiedModel } from './classify.ts';
import type { InferRequest } from './infer-request.ts';

export interface InferResponse {
  body: string | Buffer;
  /** Length of the JSON that comes before binary tensors; null where there are none. */
  jsonLength: number | null;
}

/** What of a model its answers show. */
export interface AnsweringModel extends ClassifiedModel {
  name: string;
  version: string;
}

/** Writes an inference response of the Open Inference Protocol, with binary tensors behind the JSON where they were asked for. */
export function encodeInferResponse(
  request: InferRequest,
  outputs: NamedTensors,
  model: AnsweringModel,
): InferResponse {
  const binaries: Buffer[] = [];
  const parts = request.outputs.map(({ name, binary, classes }) => {
    const given = outputs.get(name) as Tensor;
    const tensor = classes === undefined ? given : classify(name, given, classes, model);
    const head = `{"name":${JSON.stringify(name)},"datatype":"${tensor.datatype}","shape":[${tensor.dims.join(',')}],`;
    if (!binary) return `${head}"data":${formatFlat(tensor)}}`;
    const bytes = encodeBinary(tensor);
    binaries.push(bytes);
    return `${head}"parameters":{"binary_data_size":${bytes.length}}}`;
  });
  const id = request.id === null ? '' : `"id":${JSON.stringify(request.id)},`;
  const origin = `"model_name":${JSON.stringify(model.name)},"model_version":${JSON.stringify(model.version)}`;
  const json = `{${origin},${id}"outputs":[${parts.join(',')}]}`;
  if (binaries.length === 0) return { body: json, jsonLength: null };
  const jsonBytes = Buffer.from(json, 'utf8');
  return { body: Buffer.concat([jsonBytes, ...binaries]), jsonLength: jsonBytes.length };
}
