import { reshapeDims } from '#server/models/detect/triton/reshape.ts';
import { clientShape, type TritonConfig, type TritonTensor } from '#server/models/detect/triton/model-config.ts';
import type { OutputView } from '../protocol/score-response.ts';
import { InputError } from '../protocol/input-error.ts';
import { isDatatype } from '../tensors/datatypes.ts';
import type { NamedTensors, Tensor, TensorSignature } from '../tensors/tensor.ts';

/** What `config.pbtxt` puts between clients and a graph: names and shapes, the bound of a batch, outputs that are left out. */
export class TensorMapping {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
  /** 0 where requests hold no batch. */
  readonly maxBatchSize: number;
  readonly hasBatch: boolean;
  readonly #reshapedInputs: readonly TritonTensor[];
  readonly #reshapedOutputs: readonly TritonTensor[];
  readonly #keepsAll: boolean;

  /** @param graph its own tensors, which stand where the description names none */
  constructor(config: TritonConfig, graph: Pick<TensorMapping, 'inputs' | 'outputs'>) {
    this.inputs = signaturesOf(config, config.inputs) ?? graph.inputs;
    this.outputs = signaturesOf(config, config.outputs) ?? graph.outputs;
    this.maxBatchSize = config.maxBatchSize;
    this.hasBatch = config.maxBatchSize > 0;
    this.#reshapedInputs = config.inputs.filter(({ reshape }) => reshape !== null);
    this.#reshapedOutputs = config.outputs.filter(({ reshape }) => reshape !== null);
    this.#keepsAll = this.outputs.length === graph.outputs.length;
  }

  /** @throws InputError for a batch that is too large or uneven */
  toGraph(inputs: NamedTensors): NamedTensors {
    checkBatch(this.maxBatchSize, inputs);
    return this.#reshaped(inputs, this.#reshapedInputs, ({ dims, reshape }) => [dims, reshape as readonly number[]]);
  }

  toClient(outputs: NamedTensors): NamedTensors {
    const kept = this.#keepsAll
      ? outputs
      : new Map(this.outputs.map(({ name }) => [name, outputs.get(name) as Tensor] as const));
    return this.#reshaped(kept, this.#reshapedOutputs, ({ dims, reshape }) => [reshape as readonly number[], dims]);
  }

  /** The views of outputs that are not left out. */
  viewsOf(views: readonly OutputView[]): OutputView[] {
    const names = new Set(this.outputs.map(({ name }) => name));
    return views.filter((view) => names.has(view.kind === 'sequence' ? view.values : view.name));
  }

  #reshaped(
    tensors: NamedTensors,
    which: readonly TritonTensor[],
    shapesOf: (tensor: TritonTensor) => [readonly number[], readonly number[]],
  ): NamedTensors {
    if (which.length === 0) return tensors;
    const reshaped = new Map(tensors);
    const batchAxes = this.hasBatch ? 1 : 0;
    for (const tensor of which) {
      const given = tensors.get(tensor.name) as Tensor;
      const [from, to] = shapesOf(tensor);
      const dims = [...given.dims.slice(0, batchAxes), ...reshapeDims(given.dims.slice(batchAxes), from, to)];
      reshaped.set(tensor.name, { ...given, dims });
    }
    return reshaped;
  }
}

/** @throws InputError */
export function checkBatch(maxBatchSize: number, inputs: NamedTensors): void {
  if (maxBatchSize === 0) return;
  let first: [string, number] | null = null;
  for (const [name, { dims }] of inputs) {
    const rows = dims[0] ?? 0;
    if (rows > maxBatchSize) {
      throw new InputError(`Input "${name}" has ${rows} rows, and the model takes ${maxBatchSize} (max_batch_size).`);
    }
    first ??= [name, rows];
    if (rows !== first[1]) {
      throw new InputError(`Input "${name}" has ${rows} rows, and "${first[0]}" has ${first[1]}: they must be equal.`);
    }
  }
}

/** What clients send or get; null where the description leaves it to the graph. */
export function signaturesOf(config: TritonConfig, tensors: readonly TritonTensor[]): TensorSignature[] | null {
  if (tensors.length === 0) return null;
  return tensors.map((tensor) => {
    if (!isDatatype(tensor.datatype)) throw new RangeError(`${tensor.datatype} is not carried`);
    return { name: tensor.name, datatype: tensor.datatype, shape: clientShape(tensor, config.maxBatchSize) };
  });
}
