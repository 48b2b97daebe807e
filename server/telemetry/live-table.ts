import { BLOCK_MS, floorTo } from './resolution.ts';
import { mergeIncrements, type RollUpRow } from './roll-up-row.ts';

/** Rough cost of a row besides its payload: objects, map entry, key reference. */
const ROW_OVERHEAD_BYTES = 200;

/** Rows that are in the journal but not yet in a segment, by hour, bucket and series. */
export class LiveTable {
  readonly #hours = new Map<number, Map<string, RollUpRow>>();
  #bytes = 0;

  /** Estimated memory. */
  get bytes(): number {
    return this.#bytes;
  }

  add(rows: readonly RollUpRow[]): void {
    for (const row of rows) {
      const hourMs = floorTo(row.bucketMs, BLOCK_MS);
      let hour = this.#hours.get(hourMs);
      if (hour === undefined) this.#hours.set(hourMs, (hour = new Map()));
      this.#addTo(hour, row);
    }
  }

  hours(): number[] {
    return [...this.#hours.keys()].toSorted((a, b) => a - b);
  }

  rowsOfHour(hourMs: number): RollUpRow[] {
    return [...(this.#hours.get(hourMs)?.values() ?? [])];
  }

  /** Rows of the hours that begin in a range. */
  rowsOfHours(fromMs: number, toMs: number): RollUpRow[] {
    return this.hours()
      .filter((hourMs) => hourMs >= fromMs && hourMs < toMs)
      .flatMap((hourMs) => this.rowsOfHour(hourMs));
  }

  deleteHour(hourMs: number): void {
    for (const row of this.rowsOfHour(hourMs)) this.#bytes -= row.payload.length + ROW_OVERHEAD_BYTES;
    this.#hours.delete(hourMs);
  }

  #addTo(hour: Map<string, RollUpRow>, row: RollUpRow): void {
    const id = `${row.bucketMs}\0${row.key.id}`;
    const known = hour.get(id);
    if (known === undefined) {
      hour.set(id, row);
      this.#bytes += row.payload.length + ROW_OVERHEAD_BYTES;
      return;
    }
    const payload = mergeIncrements(row.key.kind, [known.payload, row.payload]);
    this.#bytes += payload.length - known.payload.length;
    hour.set(id, { bucketMs: row.bucketMs, key: known.key, payload });
  }
}
