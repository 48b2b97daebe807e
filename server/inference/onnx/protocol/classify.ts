import { DATATYPES, halfView, type NumericArray } from '../tensors/datatypes.ts';
import { elementCount, type Tensor } from '../tensors/tensor.ts';
import { InputError } from './input-error.ts';

export interface ClassifiedModel {
  /** Whether the first axis of its outputs counts rows, each of which has classes of its own. */
  hasBatch: boolean;
  /** Class names of outputs that have them. */
  labels: ReadonlyMap<string, readonly string[]>;
}

/**
 * The highest values of a tensor, or of each of its rows, as `value:index` or `value:index:label`: the classification extension.
 * @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md
 * @throws InputError for an output that has no order
 */
export function classify(name: string, tensor: Tensor, count: number, { hasBatch, labels }: ClassifiedModel): Tensor {
  const values = numbersOf(tensor);
  if (values === null) throw new InputError(`Output "${name}" is text, which has no classes.`);
  const [rows = 1, ...axes] = hasBatch ? tensor.dims : [1, ...tensor.dims];
  const perRow = elementCount(axes);
  const shown = Math.min(count, perRow);
  const names = labels.get(name) ?? [];
  const isFloat = DATATYPES[tensor.datatype].kind === 'float' || DATATYPES[tensor.datatype].kind === 'half';
  const data: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    const start = row * perRow;
    const order = Array.from({ length: perRow }, (_, index) => index);
    order.sort((a, b) => compare(values[start + b], values[start + a]) || a - b);
    for (const index of order.slice(0, shown)) {
      const value = values[start + index] as number | bigint;
      const label = names[index];
      data.push(`${isFloat ? Number(value).toFixed(6) : value}:${index}${label === undefined ? '' : `:${label}`}`);
    }
  }
  return { datatype: 'BYTES', dims: hasBatch ? [rows, shown] : [shown], data };
}

type Numbers = ArrayLike<number | bigint>;

function numbersOf(tensor: Tensor): Numbers | null {
  if (Array.isArray(tensor.data)) return null;
  return DATATYPES[tensor.datatype].kind === 'half' ? halfView(tensor.data as NumericArray) : (tensor.data as Numbers);
}

/** What is no number comes last. */
function compare(a: number | bigint | undefined, b: number | bigint | undefined): number {
  const [left, right] = [a ?? Number.NaN, b ?? Number.NaN];
  if (left > right) return 1;
  if (left < right) return -1;
  return Number(Number.isNaN(Number(right))) - Number(Number.isNaN(Number(left)));
}
