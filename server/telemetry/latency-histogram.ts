import { ByteReader, ByteWriter } from './byte-codec.ts';

/**
 * Log-linear histogram of durations in whole microseconds: exact below 128, then 64 equal buckets for each doubling, as HdrHistogram does.
 * A bucket is at most 1/64 of its lower bound wide and is read at its middle, so no percentile is off by more than 1/128 (0.8 %).
 * Bucket bounds never depend on the data: histograms of any instants, instances and processes add up without loss.
 */
const SUB_BUCKET_BITS = 6;
const SUB_BUCKETS = 2 ** SUB_BUCKET_BITS;

/** Longer durations (12.7 days) count as this one. */
export const MAX_DURATION_US = 2 ** 40 - 1;

const PAGES = Math.ceil((bucketIndexOf(MAX_DURATION_US) + 1) / SUB_BUCKETS);

/** The bucket that holds a duration. */
export function bucketIndexOf(durationUs: number): number {
  const value = Math.min(MAX_DURATION_US, Math.max(0, Math.round(durationUs)));
  if (value < 2 * SUB_BUCKETS) return value;
  const exponent = value < 2 ** 31 ? 31 - Math.clz32(value) : 62 - Math.clz32(Math.floor(value / 2 ** 31));
  const shift = exponent - SUB_BUCKET_BITS;
  return shift * SUB_BUCKETS + Math.floor(value / 2 ** shift);
}

/** The middle of a bucket, in microseconds. */
export function bucketValueOf(index: number): number {
  if (index < 2 * SUB_BUCKETS) return index;
  const shift = Math.floor(index / SUB_BUCKETS) - 1;
  const width = 2 ** shift;
  return (index - shift * SUB_BUCKETS) * width + (width - 1) / 2;
}

/** Plain arrays: thousands of these small pages live for one query, and typed arrays cost an allocation outside the heap each. */
type Page = number[];

const EMPTY_PAGE: readonly number[] = Array.from({ length: SUB_BUCKETS }, () => 0);
const NO_PAGES: readonly (Page | undefined)[] = Array.from({ length: PAGES });

export class LatencyHistogram {
  /** One page for each doubling, made when something falls into it: real latencies span a few of the 35. */
  readonly #pages: (Page | undefined)[] = NO_PAGES.slice();
  #total = 0;

  /** Number of recorded durations. */
  get total(): number {
    return this.#total;
  }

  record(durationUs: number): void {
    this.#add(bucketIndexOf(durationUs), 1);
  }

  merge(other: LatencyHistogram): void {
    other.forEachBucket((index, count) => this.#add(index, count));
  }

  /** Adds an encoded histogram, without making an object of it. */
  mergeEncoded(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const reader = new ByteReader(bytes, start, end);
    let index = 0;
    while (!reader.done) {
      index += reader.varint();
      this.#add(index, reader.varint());
    }
  }

  /**
   * The smallest recorded duration that at least `quantile` of all are not longer than (nearest rank), within 0.8 %.
   * @returns microseconds, or null when nothing is recorded
   */
  quantile(quantile: number): number | null {
    if (this.#total === 0) return null;
    const rank = Math.max(1, Math.ceil(quantile * this.#total));
    let seen = 0;
    for (let pageIndex = 0; pageIndex < PAGES; pageIndex += 1) {
      const page = this.#pages[pageIndex];
      if (page === undefined) continue;
      for (let slot = 0; slot < SUB_BUCKETS; slot += 1) {
        seen += page[slot]!;
        if (seen >= rank) return bucketValueOf(pageIndex * SUB_BUCKETS + slot);
      }
    }
    throw new Error('The counts of a histogram are fewer than its total.');
  }

  /** Calls back for every bucket that is not empty, in rising order. */
  forEachBucket(visit: (index: number, count: number) => void): void {
    for (let pageIndex = 0; pageIndex < PAGES; pageIndex += 1) {
      const page = this.#pages[pageIndex];
      if (page === undefined) continue;
      for (let slot = 0; slot < SUB_BUCKETS; slot += 1)
        if (page[slot]! > 0) visit(pageIndex * SUB_BUCKETS + slot, page[slot]!);
    }
  }

  /** Distance to the bucket before and count, as varints, for every bucket that is not empty. An empty histogram is no bytes. */
  encode(): Uint8Array {
    const writer = new ByteWriter(64);
    let previous = 0;
    this.forEachBucket((index, count) => {
      writer.varint(index - previous);
      writer.varint(count);
      previous = index;
    });
    return writer.finish();
  }

  #add(index: number, count: number): void {
    const page = (this.#pages[index >>> SUB_BUCKET_BITS] ??= EMPTY_PAGE.slice());
    page[index & (SUB_BUCKETS - 1)]! += count;
    this.#total += count;
  }
}

export function decodeHistogram(bytes: Uint8Array, start = 0, end = bytes.length): LatencyHistogram {
  const histogram = new LatencyHistogram();
  histogram.mergeEncoded(bytes, start, end);
  return histogram;
}
