/** Live shares in whole percent, by deployment, in the order of the rows. They sum to 100, or to 0 where traffic is paused. */
export interface Share {
  name: string;
  percent: number;
}

export interface Gesture {
  /** Shares when the gesture began. Every position of it is computed from here, so that dragging away and back restores exactly. */
  anchor: readonly Share[];
  locked: ReadonlySet<string>;
  /** Who gets what nobody of the others had, in this order: the baseline first, then those that served last. */
  heirs: readonly string[];
}

export const FULL = 100;

/** Percent that a row can reach: what the locked others leave. */
export function reachOf(gesture: Gesture, name: string): number {
  const held = gesture.anchor.filter((share) => share.name !== name && gesture.locked.has(share.name));
  return FULL - sumOf(held);
}

/** Whether a row has anybody to trade with. */
export function canMove(gesture: Gesture, name: string): boolean {
  if (gesture.locked.has(name)) return false;
  return gesture.anchor.some((share) => share.name !== name && !gesture.locked.has(share.name));
}

/**
 * The split with one row moved. What is left goes to the unlocked others in proportion to their shares when the gesture began, in whole percents
 * by largest remainder, ties by row order. Where all of those were 0 it goes to the first heir among them.
 */
export function moveShare(gesture: Gesture, name: string, wanted: number): Share[] {
  const { anchor, locked } = gesture;
  if (!canMove(gesture, name)) return anchor.map((share) => ({ ...share }));
  const reach = reachOf(gesture, name);
  const percent = Math.min(reach, Math.max(0, Math.round(wanted)));
  const others = anchor.filter((share) => share.name !== name && !locked.has(share.name));
  const parts = distribute(reach - percent, weightsOf(others, gesture.heirs));
  const byName = new Map(others.map((share, index) => [share.name, parts[index] ?? 0]));
  return anchor.map((share) => ({
    name: share.name,
    percent: share.name === name ? percent : (byName.get(share.name) ?? share.percent),
  }));
}

function weightsOf(others: readonly Share[], heirs: readonly string[]): number[] {
  if (others.some(({ percent }) => percent > 0)) return others.map(({ percent }) => percent);
  const heir = heirs.find((name) => others.some((share) => share.name === name)) ?? others[0]?.name;
  return others.map(({ name }) => Number(name === heir));
}

/** Whole parts of an amount in proportion to weights that are not all 0: floors first, then the largest remainders, ties in order. */
export function distribute(amount: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Products of whole percents stay exact; dividing first would not.
  const parts = weights.map((weight) => Math.floor((amount * weight) / total));
  const remainders = weights.map((weight, index) => ({ index, remainder: (amount * weight) % total }));
  remainders.sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  const missing = amount - parts.reduce((sum, part) => sum + part, 0);
  for (const { index } of remainders.slice(0, missing)) parts[index] = (parts[index] ?? 0) + 1;
  return parts;
}

/** Typed shares brought to a sum of 100 in proportion; all zeros become an even split. */
export function normalise(shares: readonly Share[]): Share[] {
  const weights = shares.map(({ percent }) => Math.max(0, percent));
  const parts = distribute(FULL, weights.some((weight) => weight > 0) ? weights : weights.map(() => 1));
  return shares.map(({ name }, index) => ({ name, percent: parts[index] ?? 0 }));
}

export function sumOf(shares: readonly Share[]): number {
  return shares.reduce((sum, { percent }) => sum + percent, 0);
}

/** Two splits that send every request the same way. */
export function isSameSplit(a: readonly Share[], b: readonly Share[]): boolean {
  const percentOf = new Map(b.map(({ name, percent }) => [name, percent]));
  return a.length === b.length && a.every(({ name, percent }) => percentOf.get(name) === percent);
}

/** `blue 90 percent, green 10 percent`: what a screen reader says. */
export function sayShares(shares: readonly Share[]): string {
  return shares.map(({ name, percent }) => `${name} ${percent} percent`).join(', ');
}
