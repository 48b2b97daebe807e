import { ByteReader, ByteWriter } from './byte-codec.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { SeriesKey, SeriesKind } from './series-key.ts';

/**
 * One series in one bucket of time. The payload stays encoded from ingest to query: rows are kept, merged and rolled up as bytes, and only
 * what a query asks for is ever decoded.
 */
export interface RollUpRow {
  /** Start of the bucket. */
  bucketMs: number;
  key: SeriesKey;
  payload: Uint8Array;
}

export const HISTOGRAM_FIELDS = ['duration', 'queue', 'model'] as const;
export type HistogramField = (typeof HISTOGRAM_FIELDS)[number];

/** Requests of one series in one bucket. Times are microseconds. */
export class TrafficTally {
  count = 0;
  durationUs = 0;
  bytesIn = 0;
  bytesOut = 0;
  retried = 0;
  pinned = 0;
  readonly histograms: Record<HistogramField, LatencyHistogram> = {
    duration: new LatencyHistogram(),
    queue: new LatencyHistogram(),
    model: new LatencyHistogram(),
  };

  encode(): Uint8Array {
    const writer = new ByteWriter(256);
    for (const value of [this.count, this.durationUs, this.bytesIn, this.bytesOut, this.retried, this.pinned])
      writer.varint(Math.round(value));
    for (const field of HISTOGRAM_FIELDS) writer.slice(this.histograms[field].encode());
    return writer.finish();
  }

  mergeEncoded(payload: Uint8Array): void {
    const view = readTraffic(payload, 0, payload.length);
    this.count += view.count;
    this.durationUs += view.durationUs;
    this.bytesIn += view.bytesIn;
    this.bytesOut += view.bytesOut;
    this.retried += view.retried;
    this.pinned += view.pinned;
    for (const field of HISTOGRAM_FIELDS) mergeHistogramField(this.histograms[field], view, field);
  }
}

/** The sums of an encoded tally, and where its histograms begin. */
export interface TrafficView {
  payload: Uint8Array;
  histogramsAt: number;
  count: number;
  durationUs: number;
  bytesIn: number;
  bytesOut: number;
  retried: number;
  pinned: number;
}

export function readTraffic(payload: Uint8Array, start: number, end: number): TrafficView {
  const reader = new ByteReader(payload, start, end);
  const [count, durationUs, bytesIn, bytesOut] = [reader.varint(), reader.varint(), reader.varint(), reader.varint()];
  const [retried, pinned] = [reader.varint(), reader.varint()];
  return { payload, histogramsAt: reader.position, count, durationUs, bytesIn, bytesOut, retried, pinned };
}

/** Adds one histogram of an encoded tally to another; the two that are not asked for are stepped over. */
export function mergeHistogramField(into: LatencyHistogram, view: TrafficView, field: HistogramField): void {
  const reader = new ByteReader(view.payload, view.histogramsAt);
  for (const name of HISTOGRAM_FIELDS) {
    const start = reader.skipSlice();
    if (name === field) return into.mergeEncoded(view.payload, start, reader.position);
  }
}

/** Sum, largest and number of a measured quantity. */
export interface Gauge {
  sum: number;
  max: number;
}
export interface ResourceTally {
  count: number;
  cpuPercent: Gauge;
  memoryBytes: Gauge;
  memoryPercent: Gauge;
}
export const RESOURCE_FIELDS = ['cpuPercent', 'memoryBytes', 'memoryPercent'] as const;
export type ResourceField = (typeof RESOURCE_FIELDS)[number];

export function encodeResource(tally: ResourceTally): Uint8Array {
  const writer = new ByteWriter(56);
  writer.varint(tally.count);
  for (const field of RESOURCE_FIELDS) {
    writer.double(tally[field].sum);
    writer.double(tally[field].max);
  }
  return writer.finish();
}

export function readResource(payload: Uint8Array, start = 0, end = payload.length): ResourceTally {
  const reader = new ByteReader(payload, start, end);
  const gauge = (): Gauge => ({ sum: reader.double(), max: reader.double() });
  return { count: reader.varint(), cpuPercent: gauge(), memoryBytes: gauge(), memoryPercent: gauge() };
}

/** Instances of a deployment, counted once for each 10 s bucket in which any of them was sampled. */
export interface CapacityTally {
  buckets: number;
  sum: number;
  max: number;
}

export function encodeCapacity(tally: CapacityTally): Uint8Array {
  const writer = new ByteWriter(8);
  writer.varint(tally.buckets);
  writer.varint(tally.sum);
  writer.varint(tally.max);
  return writer.finish();
}

export function readCapacity(payload: Uint8Array, start = 0, end = payload.length): CapacityTally {
  const reader = new ByteReader(payload, start, end);
  return { buckets: reader.varint(), sum: reader.varint(), max: reader.varint() };
}

/** Number of 10 s buckets in which telemetry was listening. */
export function encodeUp(buckets: number): Uint8Array {
  const writer = new ByteWriter(4);
  writer.varint(buckets);
  return writer.finish();
}

export function readUp(payload: Uint8Array, start = 0, end = payload.length): number {
  return new ByteReader(payload, start, end).varint();
}

type Payloads = readonly [Uint8Array, ...Uint8Array[]];

/** Increments of the same series in the same bucket become one row. Associative and commutative. */
export function mergeIncrements(kind: SeriesKind, payloads: Payloads): Uint8Array {
  // Two lives of the process inside one bucket are still one bucket in which it listened.
  if (kind === 'up') return encodeUp(Math.max(...payloads.map((payload) => readUp(payload))));
  return addPayloads(kind, payloads);
}

/** The same series in neighbouring buckets becomes one row of a wider bucket. Associative and commutative. */
export function mergeBuckets(kind: SeriesKind, payloads: Payloads): Uint8Array {
  if (kind === 'up') return encodeUp(payloads.reduce((sum, payload) => sum + readUp(payload), 0));
  return addPayloads(kind, payloads);
}

function addPayloads(kind: Exclude<SeriesKind, 'up'>, payloads: Payloads): Uint8Array {
  if (payloads.length === 1) return payloads[0];
  switch (kind) {
    case 'traffic': {
      const tally = new TrafficTally();
      for (const payload of payloads) tally.mergeEncoded(payload);
      return tally.encode();
    }
    case 'resource':
      return encodeResource(payloads.map((payload) => readResource(payload)).reduce(addResource));
    case 'capacity':
      return encodeCapacity(payloads.map((payload) => readCapacity(payload)).reduce(addCapacity));
  }
}

export function addResource(a: ResourceTally, b: ResourceTally): ResourceTally {
  const add = (field: ResourceField): Gauge => ({
    sum: a[field].sum + b[field].sum,
    max: Math.max(a[field].max, b[field].max),
  });
  return {
    count: a.count + b.count,
    cpuPercent: add('cpuPercent'),
    memoryBytes: add('memoryBytes'),
    memoryPercent: add('memoryPercent'),
  };
}

export function addCapacity(a: CapacityTally, b: CapacityTally): CapacityTally {
  return { buckets: a.buckets + b.buckets, sum: a.sum + b.sum, max: Math.max(a.max, b.max) };
}
