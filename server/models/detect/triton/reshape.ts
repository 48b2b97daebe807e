/**
 * Why a `reshape` of `config.pbtxt` cannot stand for these dims, in words that complete "has for the input …", or null. Axes of any length
 * go from one to the other in their order, so what lies between two of them must hold equally many values. Pure.
 * @param dims of the tensor as clients see it, without the batch's axis; -1 is any length
 */
export function reshapeFault(dims: readonly number[], reshape: readonly number[]): string | null {
  if (!reshape.every((dim) => dim === -1 || (Number.isSafeInteger(dim) && dim > 0))) {
    return 'a "reshape" with something other than whole numbers above 0 and -1';
  }
  const [before, after] = [segmentsOf(dims), segmentsOf(reshape)];
  const isSame = before.length === after.length && before.every((size, index) => size === after[index]);
  return isSame ? null : `a "reshape" to [${reshape.join(', ')}], which does not hold what [${dims.join(', ')}] holds`;
}

/**
 * A tensor's axes in the other shape. Pure.
 * @param actual axes of a tensor of shape `from`
 * @param from may hold -1, as many as `to`
 */
export function reshapeDims(actual: readonly number[], from: readonly number[], to: readonly number[]): number[] {
  const free = actual.filter((_, axis) => from[axis] === -1);
  let next = 0;
  return to.map((dim) => (dim === -1 ? (free[next++] as number) : dim));
}

/** Products of the axes before, between and after those of any length. */
function segmentsOf(dims: readonly number[]): number[] {
  const segments = [1];
  for (const dim of dims) {
    if (dim === -1) segments.push(1);
    else segments.push((segments.pop() as number) * dim);
  }
  return segments;
}
