import type { DetectedModel, TensorSpec } from '#lib/contracts/model.ts';
import type { OnnxModel, OnnxType, OnnxValue } from './onnx-model.ts';
import { isCarriedDatatype } from './onnx-types.ts';
import { makeSampleRequest } from './sample-request.ts';

export interface OnnxFolder {
  /** Path of the `.onnx` file inside the folder. */
  entry: string;
  /** Every file of the folder, relative, with `/`. */
  paths: ReadonlySet<string>;
  /** A body for `/score` that came with the model, or null. */
  sample: unknown | null;
  warnings: readonly string[];
}

/** What the studio shows of an ONNX model and whether the model server can serve it. Pure. */
export function describeOnnx(model: OnnxModel, folder: OnnxFolder): DetectedModel {
  const warnings = [...folder.warnings];
  const inputs = model.inputs.map((value) => toTensorSpec(value, warnings, 'Input'));
  const outputs = model.outputs.map((value) => toTensorSpec(value, warnings, 'Output'));
  const reason = unservableReason(model, folder);
  const sample = folder.sample ?? makeSampleRequest(inputs);
  if (sample === null && inputs.length > 0) {
    warnings.push(
      'A sample request would be too long to show. Large tensors travel best in the binary form of /v2/…/infer.',
    );
  }
  return {
    format: 'onnx',
    servable: reason === null,
    reason: reason ?? `ONNX model with ${count(inputs.length, 'input')} and ${count(outputs.length, 'output')}.`,
    entry: folder.entry,
    inputs,
    outputs,
    sample_request: sample,
    onnx: {
      opset: model.opset,
      ir_version: model.irVersion,
      producer: model.producer,
      metadata: model.metadata,
      external_data: model.externalFiles,
    },
    warnings,
  };
}

/** SequenceMap, by which the model server takes a sequence apart, came with this version of the default operator set. */
export const SEQUENCE_OPSET = 17;

/** Why the model server could not load it, in words, or null. */
function unservableReason(model: OnnxModel, folder: OnnxFolder): string | null {
  if (model.outputs.length === 0) return 'The graph has no outputs.';
  for (const input of model.inputs) {
    const why = uncarriedReason(input.type);
    if (why !== null) return `Input "${input.name}" is ${why}, which onnxruntime's JavaScript binding does not take.`;
  }
  for (const output of model.outputs) {
    const why = uncarriedReason(outputTensorType(output.type));
    if (why !== null) return `Output "${output.name}" is ${why}, which onnxruntime's JavaScript binding does not give.`;
    const isSequence = output.type.kind === 'sequence' && output.type.element.kind === 'tensor';
    if (isSequence && model.opset < SEQUENCE_OPSET) {
      return `Output "${output.name}" is a sequence, which needs operator set ${SEQUENCE_OPSET}; the model has ${model.opset}.`;
    }
  }
  return externalDataReason(model, folder);
}

function externalDataReason(model: OnnxModel, folder: OnnxFolder): string | null {
  const slash = folder.entry.lastIndexOf('/');
  const base = slash < 0 ? '' : folder.entry.slice(0, slash + 1);
  for (const file of model.externalFiles) {
    if (file.startsWith('/') || file.split(/[/\\]/).includes('..')) {
      return `The model keeps weights outside its folder ("${file}"), which is refused.`;
    }
  }
  const missing = model.externalFiles.filter((file) => !folder.paths.has(base + file.replace(/^(\.\/)+/, '')));
  if (missing.length === 0) return null;
  const names = missing.slice(0, 5).join(', ');
  return `The model keeps its weights in ${count(missing.length, 'file')} that did not come with it: ${names}. Upload the whole folder.`;
}

/** Sequences of tensors and ZipMap's sequences of maps are served by rewriting the graph's end, so what counts is what lies inside. */
function outputTensorType(type: OnnxType): OnnxType {
  if (type.kind === 'sequence') return type.element.kind === 'map' ? type.element.value : type.element;
  return type;
}

function uncarriedReason(type: OnnxType): string | null {
  if (type.kind === 'tensor') return isCarriedDatatype(type.datatype) ? null : `a ${type.datatype} tensor`;
  if (type.kind === 'unsupported') return `of type ${type.name}`;
  return `a ${type.kind}`;
}

function toTensorSpec(value: OnnxValue, warnings: string[], role: string): TensorSpec {
  const { name, type } = value;
  if (type.kind === 'tensor') {
    if (type.shape === null) warnings.push(`${role} "${name}" does not declare its shape.`);
    return { name, datatype: type.datatype, shape: type.shape ?? [] };
  }
  if (type.kind === 'sequence' && type.element.kind === 'map') return { name, datatype: 'MAP', shape: [null] };
  if (type.kind === 'sequence') return { name, datatype: 'SEQUENCE', shape: [null] };
  return { name, datatype: type.kind === 'map' ? 'MAP' : type.name.toUpperCase(), shape: [] };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
