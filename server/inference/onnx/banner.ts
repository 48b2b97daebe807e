import type { LoadedModel } from './load-model.ts';
import { formatShape, type TensorSignature } from './tensors/tensor.ts';

const MIB = 1024 * 1024;

/** The one line that an instance prints when it is ready. */
export function formatBanner(model: LoadedModel, threads: number, loadMs: number): string {
  const { description, batching, session } = model;
  const size =
    model.fileBytes < MIB ? `${Math.ceil(model.fileBytes / 1024)} KiB` : `${Math.ceil(model.fileBytes / MIB)} MiB`;
  const producer = description.producer === '' ? '' : ` from ${description.producer}`;
  return [
    `model ${model.name}:${model.version} ready in ${Math.round(loadMs)} ms (${size}, opset ${description.opset}${producer})`,
    `inputs ${model.inputs.map(formatTensor).join(', ')}`,
    `outputs ${model.outputs.map(formatTensor).join(', ')}`,
    `threads ${threads}`,
    `runs ${session.mode === 'inline' ? 'in the serving thread' : 'in a thread of their own'}`,
    batching.merge ? 'batching on' : `batching off (${batching.reason})`,
  ].join('; ');
}

function formatTensor({ name, datatype, shape }: TensorSignature): string {
  return `${name} ${datatype}${shape === null ? '' : formatShape(shape).replaceAll(' ', '')}`;
}
