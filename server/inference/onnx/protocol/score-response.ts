import { formatNested, listFormatter } from '../tensors/encode-json.ts';
import { elementCount, sliceData, type NamedTensors, type Tensor } from '../tensors/tensor.ts';

/**
 * How an output of the model is answered by `/score`. Outputs that are no tensors leave onnxruntime as tensors (see `graph/lower-outputs.ts`)
 * and become what they were again here.
 */
export type OutputView =
  | { kind: 'tensor'; name: string }
  /** scikit-learn's ZipMap: one object per row, from class to probability. */
  | { kind: 'zipmap'; name: string; classes: readonly string[] }
  /** A sequence of tensors, flattened one behind the other. */
  | { kind: 'sequence'; name: string; values: string; shapes: string; ranks: string };

/**
 * Writes the bare predictions: the value of the only output, or an object with a member per output. Tensors are nested lists, maps are
 * objects, sequences are lists.
 */
export function encodeScoreResponse(outputs: NamedTensors, views: readonly OutputView[]): string {
  const [only] = views;
  if (views.length === 1 && only !== undefined) return formatView(outputs, only);
  return `{${views.map((view) => `${JSON.stringify(view.name)}:${formatView(outputs, view)}`).join(',')}}`;
}

function formatView(outputs: NamedTensors, view: OutputView): string {
  if (view.kind === 'tensor') return formatNested(outputs.get(view.name) as Tensor);
  if (view.kind === 'zipmap') return formatMaps(outputs.get(view.name) as Tensor, view.classes);
  return formatSequence(
    outputs.get(view.values) as Tensor,
    outputs.get(view.shapes) as Tensor,
    outputs.get(view.ranks) as Tensor,
  );
}

function formatMaps(tensor: Tensor, classes: readonly string[]): string {
  const format = listFormatter(tensor);
  const keys = classes.map((name) => JSON.stringify(name));
  const rows: string[] = [];
  for (let start = 0; start < tensor.data.length; start += keys.length) {
    rows.push(
      `{${keys.map((key, index) => `${key}:${format(start + index, start + index + 1).slice(1, -1)}`).join(',')}}`,
    );
  }
  return `[${rows.join(',')}]`;
}

function formatSequence(values: Tensor, shapes: Tensor, ranks: Tensor): string {
  const items: string[] = [];
  let valueAt = 0;
  let shapeAt = 0;
  for (let item = 0; item < ranks.data.length; item += 1) {
    const rank = Number(ranks.data[item]);
    const dims = Array.from({ length: rank }, (_, axis) => Number(shapes.data[shapeAt + axis]));
    const end = valueAt + elementCount(dims);
    items.push(formatNested({ datatype: values.datatype, dims, data: sliceData(values.data, valueAt, end) }));
    valueAt = end;
    shapeAt += rank;
  }
  return `[${items.join(',')}]`;
}
