/** Where an entry stands in its roster, for as long as it is in it. */
export interface Place<T> {
  readonly entry: T;
  /** -1 once it has left. */
  index: number;
}

/**
 * What is there now of things that come and go many thousand times a second. A `Set` would do, but its memory would not be given back in time: V8 makes
 * a new table each time enough has come and gone, and every old one keeps what it held then and leads to the next. Once one of them has become old, the
 * quick collections of young objects have to keep all that came after it, and take milliseconds instead of parts of one.
 */
export class Roster<T> {
  private readonly places: Place<T>[] = [];

  get size(): number {
    return this.places.length;
  }

  add(entry: T): Place<T> {
    const place = { entry, index: this.places.length };
    this.places.push(place);
    return place;
  }

  /** Idempotent. */
  remove(place: Place<T>): void {
    const { index } = place;
    const last = this.places.at(-1);
    if (index < 0 || last === undefined) return;
    this.places[index] = last;
    last.index = index;
    this.places.pop();
    place.index = -1;
  }

  /** Visits every entry that stays; entries may come and go meanwhile, and one that stays may then be visited twice. */
  forEach(visit: (entry: T, place: Place<T>) => void): void {
    for (let index = this.places.length - 1; index >= 0; index -= 1) {
      const place = this.places[index];
      if (place !== undefined) visit(place.entry, place);
    }
  }
}
