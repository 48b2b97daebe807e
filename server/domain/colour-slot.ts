/** Deployments whose name says a colour get it while it is free. */
const NAMED_SLOTS: Readonly<Record<string, number>> = { blue: 1, green: 2, amber: 3, magenta: 4, umber: 5, violet: 6 };

/** The identity colour of a new deployment: its name's own, else the lowest that nobody has. From 7 on the colour is grey. */
export function chooseColourSlot(name: string, taken: readonly number[]): number {
  const used = new Set(taken);
  const own = NAMED_SLOTS[name];
  if (own !== undefined && !used.has(own)) return own;
  let slot = 1;
  while (used.has(slot)) slot += 1;
  return slot;
}
