import { BASE_BUCKET_MS, floorTo } from './resolution.ts';
import { encodeCapacity, mergeBuckets, mergeIncrements, type RollUpRow } from './roll-up-row.ts';
import { seriesKey, type SeriesKey, type SeriesKind } from './series-key.ts';

type Payloads = [Uint8Array, ...Uint8Array[]];
type Merge = (kind: SeriesKind, payloads: Payloads) => Uint8Array;

/** Rows of the same bucket and series become one. */
export function mergeRows(...sets: readonly (readonly RollUpRow[])[]): RollUpRow[] {
  return collect(sets.flat(), (row) => row.bucketMs, mergeIncrements);
}

/**
 * Rows of wider buckets from narrower ones. From 10 s rows, which still know each instance, the number of instances is counted here, once and for
 * all: wider rows cannot tell two instances at once from one after the other.
 */
export function rollUpRows(rows: readonly RollUpRow[], fromWidthMs: number, toWidthMs: number): RollUpRow[] {
  const counted = fromWidthMs === BASE_BUCKET_MS ? [...rows, ...countInstances(rows)] : rows;
  return collect(counted, (row) => floorTo(row.bucketMs, toWidthMs), mergeBuckets);
}

/** Capacity rows: the number of instances that were sampled in each 10 s bucket. */
export function countInstances(rows: readonly RollUpRow[]): RollUpRow[] {
  const instances = new Map<string, { bucketMs: number; endpoint: string; deployment: string; ids: Set<string> }>();
  for (const { bucketMs, key } of rows) {
    if (key.kind !== 'resource') continue;
    const id = `${bucketMs}\0${key.endpoint}\0${key.deployment}`;
    let seen = instances.get(id);
    if (seen === undefined)
      instances.set(id, (seen = { bucketMs, endpoint: key.endpoint, deployment: key.deployment, ids: new Set() }));
    seen.ids.add(key.instance);
  }
  return [...instances.values()].map(({ bucketMs, endpoint, deployment, ids }) => ({
    bucketMs,
    key: seriesKey({ kind: 'capacity', endpoint, deployment }),
    payload: encodeCapacity({ buckets: 1, sum: ids.size, max: ids.size }),
  }));
}

/** Groups rows by bucket and series, then merges each group once: the cost is one decoding per row. */
function collect(rows: readonly RollUpRow[], bucketOf: (row: RollUpRow) => number, merge: Merge): RollUpRow[] {
  const byBucket = new Map<number, Map<string, { key: SeriesKey; payloads: Payloads }>>();
  for (const row of rows) {
    const bucketMs = bucketOf(row);
    let bucket = byBucket.get(bucketMs);
    if (bucket === undefined) byBucket.set(bucketMs, (bucket = new Map()));
    const known = bucket.get(row.key.id);
    if (known === undefined) bucket.set(row.key.id, { key: row.key, payloads: [row.payload] });
    else known.payloads.push(row.payload);
  }
  return [...byBucket]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([bucketMs, bucket]) =>
      [...bucket.values()].map(({ key, payloads }) => ({ bucketMs, key, payload: merge(key.kind, payloads) })),
    );
}
