import type { LoadedModel } from './load-model.ts';
import type { ServedModel } from './serving/served-model.ts';
import { formatShape, type TensorSignature } from './tensors/tensor.ts';

const MIB = 1024 * 1024;

/** What an instance prints when it is ready: a line, or one for each model and one for all. */
export function formatBanner(models: readonly ServedModel[], threads: number, loadMs: number): string {
  const ready = `ready in ${Math.round(loadMs)} ms; threads ${threads}`;
  const [only] = models;
  if (models.length === 1 && only !== undefined) return `model ${nameOf(only)} ${ready}; ${only.banner}`;
  const lines = models.map((model) => `model ${nameOf(model)}: ${model.banner}`);
  return [...lines, `${models.length} models ${ready}`].join('\n');
}

const nameOf = ({ name, version }: ServedModel): string => `${name}:${version}`;

/** What there is to know about one graph. */
export function describeModel(model: LoadedModel): string {
  const { description, batching, session } = model;
  const size =
    model.fileBytes < MIB ? `${Math.ceil(model.fileBytes / 1024)} KiB` : `${Math.ceil(model.fileBytes / MIB)} MiB`;
  const producer = description.producer === '' ? '' : ` from ${description.producer}`;
  const thread = session.size === 1 ? 'in a thread of their own' : `in ${session.size} threads side by side`;
  return [
    `${size}, opset ${description.opset}${producer}`,
    `inputs ${model.inputs.map(formatTensor).join(', ')}`,
    `outputs ${model.outputs.map(formatTensor).join(', ')}`,
    `runs ${session.mode === 'inline' ? 'in the serving thread' : thread}`,
    batching.merge ? 'batching on' : `batching off (${batching.reason})`,
  ].join('; ');
}

function formatTensor({ name, datatype, shape }: TensorSignature): string {
  return `${name} ${datatype}${shape === null ? '' : formatShape(shape).replaceAll(' ', '')}`;
}
