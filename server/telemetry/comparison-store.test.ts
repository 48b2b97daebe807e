import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { COMPARISON_OUTCOMES, KEPT_PAIRS } from '#lib/contracts/comparison-rules.ts';
import type { ComparisonBatch, ComparisonRecord } from './comparison-record.ts';
import { ComparisonStore, type ComparisonStoreOptions } from './comparison-store.ts';
import { addDifference, type DifferenceHistogram, differenceAt } from './difference-histogram.ts';

const START = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;

function prepare(options: Partial<ComparisonStoreOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'viridian-comparisons-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  let now = START;
  const clock = { now: () => now, monotonic: () => now };
  return {
    folder,
    advance: (ms: number) => void (now += ms),
    open: () => ComparisonStore.open({ folder, clock, logger: pino({ level: 'silent' }), ...options }),
  };
}

function record(change: Partial<ComparisonRecord> = {}): ComparisonRecord {
  const base = { atMs: START, endpoint: 'iris', live: 'blue', mirror: 'shadow', liveMs: 10, mirrorMs: 12 };
  return { ...base, outcome: 'agreed', maxDifference: 0, ...change };
}

function differing(requestId: string, change: Partial<ComparisonRecord> = {}, text = '{}'): ComparisonRecord {
  const excerpt = { text, bytes: text.length, is_whole: true };
  const answers = { request: excerpt, liveAnswer: excerpt, mirrorAnswer: excerpt };
  const detail = { requestId, path: '/p', liveStatus: 200, mirrorStatus: 200, ...answers };
  return record({ outcome: 'number', maxDifference: 0.5, ...change, detail });
}

const batch = (sequence: number, records: ComparisonRecord[], dropped = 0): ComparisonBatch => ({
  version: 1,
  source: 'worker',
  sequence,
  dropped,
  records,
});

const ask = (store: ComparisonStore, change = {}) =>
  store.query({ endpoint: 'iris', from: START - 100 * HOUR, to: START + 100 * HOUR, limit: 50, ...change });

describe('comparisons', () => {
  test('are totalled for each live deployment and mirror, with their reasons', async () => {
    const store = await prepare().open();
    const other = record({ mirror: 'other', outcome: 'too_large', maxDifference: null });
    store.ingest(batch(0, [record(), record({ mirrorMs: 20 }), differing('a'), other]));
    const { mirrors, pairs } = ask(store);
    expect(mirrors).toMatchObject([
      {
        live: 'blue',
        mirror: 'other',
        compared: 0,
        agreement_rate: null,
        latency_difference_ms: null,
        not_compared: { too_large: 1 },
      },
      {
        live: 'blue',
        mirror: 'shadow',
        compared: 3,
        agreed: 2,
        agreement_rate: 2 / 3,
        disagreed: { number: 1 },
        max_difference: 0.5,
      },
    ]);
    expect(mirrors[1]!.latency_difference_ms!.p50).toBeCloseTo(2, 0);
    expect(mirrors[1]!.latency_difference_ms!.p95).toBeCloseTo(10, -0.5);
    expect(pairs).toMatchObject([{ request_id: 'a', reason: 'number', path: '/p', live: 'blue', mirror: 'shadow' }]);
    await store.close();
  });

  test('are there again after a restart, and a batch sent again counts once', async () => {
    const { open } = prepare();
    let store = await open();
    store.ingest(batch(0, [record(), differing('a')]));
    await store.flush();
    store.ingest(batch(1, [differing('b', { atMs: START + 1 })]));
    await store.close();
    for (let restart = 0; restart < 2; restart += 1) {
      store = await open();
      expect(store.ingest(batch(1, [record()]))).toEqual({ accepted: false });
      expect(ask(store).mirrors).toMatchObject([{ compared: 3, agreed: 1 }]);
      expect(ask(store).pairs.map((pair) => pair.request_id)).toEqual(['b', 'a']);
      await store.close();
    }
  });

  test('that were whole on disk survive a journal that ends in the middle of a write', async () => {
    const { open, folder } = prepare();
    let store = await open();
    store.ingest(batch(0, [record()]));
    await store.close();
    for (const name of readdirSync(folder)) appendFileSync(join(folder, name), Buffer.from([9, 0, 0, 0, 1, 2]));
    store = await open();
    expect(ask(store).mirrors).toMatchObject([{ agreed: 1 }]);
    await store.close();
  });

  test('take bounded room on the disk however many come', async () => {
    const { open, folder } = prepare({ journalBytes: 20_000, limits: { pairBytes: 100_000 } });
    const store = await open();
    for (let i = 0; i < 300; i += 1) {
      store.ingest(batch(i, [differing(String(i), { atMs: START + i }, 'x'.repeat(1_000))]));
      await store.flush();
      await store.maintain();
    }
    expect(store.journalBytes).toBeLessThan(500_000);
    expect(readdirSync(folder)).toHaveLength(1);
    const { mirrors, pairs } = ask(store, { limit: 200 });
    expect(mirrors[0]?.disagreed.number).toBe(300);
    expect(pairs.length).toBeLessThan(30);
    expect(pairs[0]?.request_id).toBe('299');
    await store.close();
  });

  test('keep the newest pairs of each live deployment and mirror', async () => {
    const store = await prepare().open();
    store.ingest(batch(0, [differing('other', { mirror: 'other' })]));
    const many = Array.from({ length: KEPT_PAIRS + 5 }, (_, i) => differing(String(i), { atMs: START + i }));
    store.ingest(batch(1, many));
    const { pairs } = ask(store, { limit: 1_000 });
    expect(pairs).toHaveLength(KEPT_PAIRS + 1);
    expect([pairs[0]?.request_id, pairs.at(-2)?.request_id]).toEqual([String(KEPT_PAIRS + 4), '5']);
    await store.close();
  });

  test('of an endpoint that is gone, or was another one, are forgotten on disk too', async () => {
    const { open, folder } = prepare();
    let store = await open();
    const secret = differing('old', {}, 'a-secret-of-the-old-endpoint');
    store.ingest(batch(0, [secret, record({ endpoint: 'gone' }), differing('new', { atMs: START + HOUR })]));
    await store.flush();
    await store.retain({ asOfMs: START + HOUR, endpoints: [{ name: 'iris', sinceMs: START + HOUR }] });
    store.ingest(batch(1, [record({ endpoint: 'younger', atMs: START + HOUR + 1 })]));
    await store.retain({ asOfMs: START + HOUR, endpoints: [{ name: 'iris', sinceMs: START + HOUR }] });
    await store.close();
    store = await open();
    expect(ask(store).pairs.map((pair) => pair.request_id)).toEqual(['new']);
    expect(ask(store).mirrors).toMatchObject([{ compared: 1 }]);
    expect(ask(store, { endpoint: 'gone' }).mirrors).toEqual([]);
    expect(ask(store, { endpoint: 'younger' }).mirrors).toHaveLength(1);
    expect(readdirSync(folder)).toHaveLength(1);
    await store.close();
  });

  test('of two endpoints in one minute are not added up', async () => {
    const store = await prepare().open();
    store.ingest(batch(0, [record({ atMs: START + 1_000 })]));
    const living = { asOfMs: START + 3_000, endpoints: [{ name: 'iris', sinceMs: START + 2_000 }] };
    await store.retain(living);
    expect(ask(store).mirrors).toEqual([]);
    store.ingest(batch(1, [record({ atMs: START + 4_000 })]));
    await store.retain({ ...living, asOfMs: START + 5_000 });
    expect(ask(store).mirrors).toMatchObject([{ compared: 1 }]);
    await store.close();
  });

  test('are added up to hours after a day and forgotten after thirty', async () => {
    const { open, advance } = prepare();
    const store = await open();
    store.ingest(batch(0, [record(), record({ atMs: START + 90_000 }), record({ atMs: START + HOUR })]));
    advance(27 * HOUR);
    await store.maintain();
    expect(ask(store).mirrors).toMatchObject([{ agreed: 3 }]);
    expect(ask(store, { to: START + 60_000 }).mirrors).toMatchObject([{ agreed: 2 }]);
    advance(30 * 24 * HOUR);
    await store.maintain();
    expect(ask(store).mirrors).toEqual([]);
    await store.close();
  });

  test('count in any order and any batches to the same totals', async () => {
    const store = await prepare().open();
    let sequence = 0;
    const outcomes = fc.array(fc.constantFrom(...COMPARISON_OUTCOMES), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(outcomes, fc.uuid(), (all, endpoint) => {
        for (const outcome of all) store.ingest(batch((sequence += 1), [record({ endpoint, outcome })]));
        const [totals] = ask(store, { endpoint }).mirrors;
        const { agreed, disagreed, not_compared: not } = totals!;
        const sum = [agreed, ...Object.values(disagreed), ...Object.values(not)].reduce((a, b) => a + b, 0);
        expect(sum).toBe(all.length);
        expect(totals!.compared).toBe(sum - Object.values(not).reduce((a, b) => a + b, 0));
      }),
    );
    await store.close();
  });
});

test('a percentile of differences is within 4 % of the exact one, below zero too', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { minLength: 1 }), (values) => {
      const histogram: DifferenceHistogram = {};
      for (const value of values) addDifference(histogram, value);
      const sorted = values.toSorted((a, b) => a - b);
      for (const quantile of [0.5, 0.95]) {
        const exact = sorted[Math.max(1, Math.ceil(values.length * quantile)) - 1]!;
        expect(Math.abs(differenceAt(histogram, quantile)! - exact)).toBeLessThanOrEqual(0.01 + Math.abs(exact) * 0.04);
      }
    }),
  );
  expect(differenceAt({}, 0.5)).toBeNull();
});
