import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bucketIndexOf,
  bucketValueOf,
  decodeHistogram,
  LatencyHistogram,
  MAX_DURATION_US,
} from './latency-histogram.ts';

const durations = fc.array(fc.oneof(fc.nat(200), fc.nat(2_000_000), fc.integer({ min: 0, max: MAX_DURATION_US })), {
  maxLength: 200,
});

function histogramOf(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

function merged(...histograms: readonly LatencyHistogram[]): LatencyHistogram {
  const all = new LatencyHistogram();
  for (const histogram of histograms) all.merge(histogram);
  return all;
}

const nearestRank = (values: readonly number[], quantile: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(quantile * values.length)) - 1]!;

describe('latency histogram', () => {
  test('every duration is read back within 1/128 of itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_DURATION_US }), (value) => {
        expect(Math.abs(bucketValueOf(bucketIndexOf(value)) - value)).toBeLessThanOrEqual(value / 128);
      }),
    );
  });

  test('buckets rise with the duration and leave no hole at a doubling', () => {
    for (let exponent = 6; exponent < 40; exponent += 1) {
      const edge = 2 ** exponent;
      expect(bucketIndexOf(edge) - bucketIndexOf(edge - 1)).toBe(1);
    }
  });

  test('a percentile is within 1 % of the exact one', () => {
    fc.assert(
      fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, quantile) => {
        fc.pre(values.length > 0);
        const exact = nearestRank(values, quantile);
        expect(Math.abs(histogramOf(values).quantile(quantile)! - exact)).toBeLessThanOrEqual(exact * 0.01);
      }),
    );
  });

  test('merged histograms are the histogram of the union, in any order and grouping', () => {
    fc.assert(
      fc.property(durations, durations, durations, (a, b, c) => {
        const union = histogramOf([...a, ...b, ...c]).encode();
        const [x, y, z] = [histogramOf(a), histogramOf(b), histogramOf(c)];
        expect(merged(merged(x, y), z).encode()).toEqual(union);
        expect(merged(x, merged(z, y)).encode()).toEqual(union);
      }),
    );
  });

  test('the encoding keeps everything, and encoded histograms add up like decoded ones', () => {
    fc.assert(
      fc.property(durations, durations, (a, b) => {
        const sum = decodeHistogram(histogramOf(a).encode());
        sum.mergeEncoded(histogramOf(b).encode());
        expect(sum.encode()).toEqual(histogramOf([...a, ...b]).encode());
        expect(sum.total).toBe(a.length + b.length);
      }),
    );
  });

  test('an empty histogram has no percentile and takes no bytes', () => {
    expect(new LatencyHistogram().quantile(0.5)).toBeNull();
    expect(new LatencyHistogram().encode()).toHaveLength(0);
  });

  test('durations out of range count as the nearest that fits', () => {
    expect(bucketIndexOf(-5)).toBe(0);
    expect(bucketIndexOf(2 ** 50)).toBe(bucketIndexOf(MAX_DURATION_US));
  });
});
