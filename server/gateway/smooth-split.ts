/** Sum of the weights of a split: whole percents. */
export const SPLIT_LENGTH = 100;

/**
 * The order in which 100 requests go to deployments with whole-percent weights, by smooth weighted round-robin: each turn every deployment gains its
 * weight, the richest is chosen and pays 100. The order repeats after 100 turns, so any 100 consecutive requests hold exactly the
 * shares, and equal deployments alternate instead of coming in runs.
 * @returns index of the chosen deployment per turn; null when no deployment has a weight
 */
export function compileSplit(weights: readonly number[]): Uint8Array | null {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return null;
  const credit = weights.map(() => 0);
  const order = new Uint8Array(SPLIT_LENGTH);
  for (let turn = 0; turn < SPLIT_LENGTH; turn += 1) {
    let richest = 0;
    for (let i = 0; i < weights.length; i += 1) {
      credit[i] = (credit[i] as number) + (weights[i] as number);
      if ((credit[i] as number) > (credit[richest] as number)) richest = i;
    }
    credit[richest] = (credit[richest] as number) - total;
    order[turn] = richest;
  }
  return order;
}

/** Walks a split from a random start, so that workers and restarts do not favour the deployment that comes first. */
export class SplitCursor {
  private readonly order: Uint8Array;
  private position: number;

  constructor(order: Uint8Array, start: number = Math.floor(Math.random() * SPLIT_LENGTH)) {
    this.order = order;
    this.position = start;
  }

  next(): number {
    const chosen = this.order[this.position] as number;
    this.position = this.position + 1 === SPLIT_LENGTH ? 0 : this.position + 1;
    return chosen;
  }
}

/** Says yes exactly `percent` times in any 100 consecutive questions, evenly spread. */
export class ShareCounter {
  private readonly percent: number;
  private credit: number;

  constructor(percent: number, start: number = Math.floor(Math.random() * SPLIT_LENGTH)) {
    this.percent = percent;
    this.credit = start;
  }

  next(): boolean {
    this.credit += this.percent;
    if (this.credit < SPLIT_LENGTH) return false;
    this.credit -= SPLIT_LENGTH;
    return true;
  }
}
