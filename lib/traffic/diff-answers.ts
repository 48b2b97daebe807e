import type { Excerpt } from '../contracts/mirror-comparison.ts';

/** A line of two texts beside each other. */
export type DiffRow =
  | { kind: 'same' | 'differs'; left: string | null; right: string | null }
  | { kind: 'skipped'; count: number };

/** Lines without a difference that are shown around one. */
const CONTEXT = 3;
/** Larger middles are not aligned: the table for it would have a cell for every pair of lines. */
const MAX_CELLS = 400_000;

/** Two answers line by line; long runs without a difference are left out. */
export function diffAnswers(live: Excerpt, mirror: Excerpt): DiffRow[] {
  return skipSame(diffLines(linesOf(live), linesOf(mirror)));
}

/** JSON with a value in each line; what was cut off is broken at its commas. */
export function linesOf({ text, is_whole: isWhole }: Excerpt): string[] {
  if (text === null) return ['(not text)'];
  try {
    return JSON.stringify(JSON.parse(text), null, 2).split('\n');
  } catch {
    return isWhole ? text.split('\n') : [...text.replaceAll(',', ',\n').split('\n'), '…'];
  }
}

type LineRow = Exclude<DiffRow, { kind: 'skipped' }>;

/** Aligns two texts by their longest common lines; what differs at one place stands beside each other. */
export function diffLines(a: readonly string[], b: readonly string[]): LineRow[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let tail = 0;
  const most = Math.min(a.length, b.length) - start;
  while (tail < most && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const left = a.slice(start, a.length - tail);
  const right = b.slice(start, b.length - tail);
  return [...a.slice(0, start).map(same), ...alignMiddle(left, right), ...a.slice(a.length - tail).map(same)];
}

const same = (line: string): LineRow => ({ kind: 'same', left: line, right: line });

function alignMiddle(a: readonly string[], b: readonly string[]): LineRow[] {
  if (a.length * b.length > MAX_CELLS) return besides(a, b);
  const common = commonTable(a, b);
  const width = b.length + 1;
  const at = (i: number, j: number): number => common[i * width + j] as number;
  const rows: LineRow[] = [];
  let [i, j, fromLeft, fromRight] = [0, 0, 0, 0];
  const closeGap = (): void => void rows.push(...besides(a.slice(fromLeft, i), b.slice(fromRight, j)));
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      closeGap();
      rows.push(same(a[i] as string));
      i += 1;
      j += 1;
      [fromLeft, fromRight] = [i, j];
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  [i, j] = [a.length, b.length];
  closeGap();
  return rows;
}

/** How many lines the rest of both texts have in common, from every pair of places on. */
function commonTable(a: readonly string[], b: readonly string[]): Uint16Array {
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const [below, beside] = [table[(i + 1) * width + j] as number, table[i * width + j + 1] as number];
      const across = table[(i + 1) * width + j + 1] as number;
      table[i * width + j] = a[i] === b[j] ? across + 1 : Math.max(below, beside);
    }
  }
  return table;
}

function besides(a: readonly string[], b: readonly string[]): LineRow[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, row) => ({
    kind: 'differs',
    left: a[row] ?? null,
    right: b[row] ?? null,
  }));
}

function skipSame(rows: readonly LineRow[]): DiffRow[] {
  const near = new Uint8Array(rows.length);
  rows.forEach((row, at) => {
    if (row.kind === 'differs') near.fill(1, Math.max(0, at - CONTEXT), at + CONTEXT + 1);
  });
  const shown: DiffRow[] = [];
  rows.forEach((row, at) => {
    const last = shown.at(-1);
    if (near[at] === 1) shown.push(row);
    else if (last?.kind === 'skipped') last.count += 1;
    else shown.push({ kind: 'skipped', count: 1 });
  });
  return shown;
}
