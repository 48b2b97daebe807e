import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HOUR_MS, ok, START_MS, TelemetryFixture, type Sent } from './telemetry-fixture.ts';

let telemetry: TelemetryFixture;
beforeEach(async () => {
  telemetry = await TelemetryFixture.open();
});
afterEach(() => telemetry.remove());

const MINUTE_MS = 60_000;

const sentArbitrary: fc.Arbitrary<Sent> = fc.record({
  endpoint: fc.constantFrom('iris', 'digits'),
  deployment: fc.constantFrom('blue', 'green'),
  instance: fc.constantFrom('i1', 'i2'),
  atMs: fc.nat(2 * HOUR_MS - 1).map((ms) => START_MS + ms),
  durationUs: fc.oneof(fc.integer({ min: 100, max: 20_000 }), fc.integer({ min: 100, max: 60_000_000 })),
  queueUs: fc.nat(5_000),
  status: fc.constantFrom(200, 200, 200, 404, 429, 500, 503),
  reason: fc.constantFrom('none', 'queue_full', 'model_timeout'),
  bytesIn: fc.nat(10_000),
  bytesOut: fc.nat(10_000),
  mirrored: fc.boolean(),
});

/** The same answer from the raw requests, by definition. */
function expected(sent: readonly Sent[], stepMs: number, fromMs: number, toMs: number) {
  const points = (toMs - fromMs) / stepMs;
  return Array.from({ length: points }, (_, index) => {
    const start = fromMs + index * stepMs;
    const inside = sent.filter(({ atMs, mirrored }) => mirrored !== true && atMs >= start && atMs < start + stepMs);
    const sorted = inside.map(({ durationUs }) => durationUs / 1000).toSorted((a, b) => a - b);
    const p95 = sorted.length === 0 ? null : sorted[Math.ceil(0.95 * sorted.length) - 1]!;
    const errors = inside.filter(({ status }) => status >= 500).length;
    return { n: inside.length, p95, errorRate: inside.length === 0 ? null : errors / inside.length };
  });
}

test('answers equal those from the raw requests, at every step, sealed or not', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(sentArbitrary, { minLength: 1, maxLength: 120 }),
      fc.constantFrom(10, 30, 60, 300, 3600, 7200),
      fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
      async (sent, step, seals) => {
        const own = await TelemetryFixture.open();
        try {
          own.nowMs = START_MS + 2 * HOUR_MS;
          const third = Math.ceil(sent.length / 3);
          for (const [part, seal] of seals.entries()) {
            own.send(sent.slice(part * third, (part + 1) * third));
            await own.intake.flush();
            if (seal) await own.seal();
          }
          const [fromMs, toMs, stepMs] = [START_MS, START_MS + 2 * HOUR_MS, step * 1000];
          const ask = (metric: string) => own.query({ metric, step_seconds: String(step) }, fromMs, toMs);
          const wanted = expected(sent, stepMs, fromMs, toMs);
          const [p95] = (await ask('RequestLatency_P95')).series;
          const [errors] = (await ask('ErrorRate')).series;
          expect(p95!.samples).toEqual(wanted.map(({ n }) => n));
          expect(errors!.points.map(([, value]) => value)).toEqual(wanted.map(({ errorRate }) => errorRate));
          for (const [index, want] of wanted.entries()) {
            const value = p95!.points[index]![1];
            expect(value === null).toBe(want.p95 === null);
            expect(Math.abs((value ?? 0) - (want.p95 ?? 0))).toBeLessThanOrEqual((want.p95 ?? 0) * 0.01);
          }
        } finally {
          await own.remove();
        }
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);

test('a total is one point of all requests of the range, wherever the range begins', async () => {
  const [fromMs, toMs] = [START_MS + 7 * MINUTE_MS, START_MS + 100 * MINUTE_MS];
  const inside = Array.from({ length: 100 }, (_, index) =>
    ok(fromMs + Math.floor((index / 100) * (toMs - fromMs)), { durationUs: (index + 1) * 1000 }),
  );
  telemetry.nowMs = START_MS + 2 * HOUR_MS;
  telemetry.send([
    ok(fromMs - MINUTE_MS, { durationUs: 900_000 }),
    ...inside,
    ok(toMs + MINUTE_MS, { durationUs: 900_000 }),
  ]);
  await telemetry.intake.flush();
  const total = async (metric: string) => telemetry.query({ metric, granularity: 'total' }, fromMs, toMs);
  const { step_seconds, series, complete_to_ms } = await total('RequestLatency_P95');
  expect(step_seconds).toBe(93 * 60);
  expect(series[0]?.samples).toEqual([100]);
  expect(series[0]?.points).toEqual([[fromMs, expect.closeTo(95, 0)]]);
  expect(complete_to_ms).toBeGreaterThan(fromMs);
  expect((await total('Requests')).series[0]?.points).toEqual([[fromMs, 100]]);
});

describe('split', () => {
  test('every dimension splits, and the parts sum to the whole', async () => {
    const sent = [
      ok(START_MS),
      ok(START_MS, { deployment: 'green', instance: 'i2', status: 500 }),
      ok(START_MS, { endpoint: 'digits', status: 429, reason: 'queue_full' }),
      ok(START_MS, { mirrored: true }),
    ];
    telemetry.send(sent);
    await telemetry.intake.flush();
    const labelsOf = async (split: string, more = {}) => {
      const { series } = await telemetry.query({ metric: 'Requests', split_by: split, step_seconds: '60', ...more });
      return Object.fromEntries(series.map(({ labels, points }) => [Object.values(labels).join('/'), points[0]![1]]));
    };
    expect(await labelsOf('endpoint')).toEqual({ iris: 2, digits: 1 });
    expect(await labelsOf('endpoint,deployment')).toEqual({ 'iris/blue': 1, 'iris/green': 1, 'digits/blue': 1 });
    expect(await labelsOf('status_code_class')).toEqual({ '2xx': 1, '4xx': 1, '5xx': 1 });
    expect(await labelsOf('status_code')).toEqual({ 200: 1, 429: 1, 500: 1 });
    expect(await labelsOf('instance')).toEqual({ i1: 2, i2: 1 });
    expect(await labelsOf('reason')).toEqual({ none: 2, queue_full: 1 });
    expect(await labelsOf('mirrored')).toEqual({ false: 3, true: 1 });
    expect(await labelsOf('deployment', { endpoint: 'IRIS' })).toEqual({ blue: 1, green: 1 });
    expect(await labelsOf('endpoint', { mirrored: 'only' })).toEqual({ iris: 1 });
    expect(await labelsOf('endpoint', { mirrored: 'include' })).toEqual({ iris: 3, digits: 1 });
  });

  test('a series that has nothing inside the range is not in the answer', async () => {
    telemetry.send([ok(START_MS), ok(START_MS + 50 * MINUTE_MS, { deployment: 'green' })]);
    await telemetry.intake.flush();
    const { series } = await telemetry.query(
      { metric: 'Requests', split_by: 'deployment' },
      START_MS,
      START_MS + 10 * MINUTE_MS,
    );
    expect(series.map(({ labels }) => labels)).toEqual([{ deployment: 'blue' }]);
  });

  test('a resource metric refuses what it cannot be split by', async () => {
    await expect(telemetry.query({ metric: 'MemoryBytes', split_by: 'status_code' })).rejects.toMatchObject({
      code: 'request.invalid',
      errors: [{ path: '?split_by' }],
    });
  });

  test('a split into too many values is refused, not answered', async () => {
    telemetry.send(Array.from({ length: 40 }, (_, index) => ok(START_MS, { instance: `i${index}` })));
    await telemetry.intake.flush();
    const query = telemetry.query(
      { metric: 'Requests', split_by: 'instance', step_seconds: '10' },
      START_MS,
      START_MS + 20 * HOUR_MS,
    );
    await expect(query).rejects.toMatchObject({ code: 'request.invalid' });
  });
});

describe('three kinds of nothing', () => {
  test('rates are zero while telemetry listened, unknown while it did not; latencies are unknown without requests', async () => {
    for (const second of [0, 5, 10, 20, 60]) {
      telemetry.nowMs = START_MS + second * 1000;
      await telemetry.intake.flush();
    }
    telemetry.send([ok(START_MS + 60_000)]);
    await telemetry.intake.flush();
    const values = async (metric: string) =>
      (await telemetry.query({ metric, step_seconds: '10' }, START_MS, START_MS + 80_000)).series[0]!.points.map(
        ([, value]) => value,
      );
    expect(await values('Requests')).toEqual([0, 0, 0, null, null, null, 1, null]);
    expect(await values('RequestsPerMinute')).toEqual([0, 0, 0, null, null, null, 6, null]);
    expect((await values('RequestLatency_P50')).map((value) => value === null)).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
      false,
      true,
    ]);
  });

  test('an answer without a split has one series even when nothing was ever measured', async () => {
    const { series } = await telemetry.query({ metric: 'ErrorRate', endpoint: 'nothing', step_seconds: '60' });
    expect(series).toHaveLength(1);
    expect(series[0]!.points).toHaveLength(60);
    expect(new Set(series[0]!.points.map(([, value]) => value))).toEqual(new Set([null]));
  });

  test('buckets that start before complete_to are complete', async () => {
    telemetry.nowMs = START_MS + 65_000;
    const { complete_to_ms: completeTo } = await telemetry.query({ metric: 'Requests', step_seconds: '10' });
    expect(completeTo).toBe(START_MS + 60_000);
  });
});

describe('values', () => {
  test('rates, bytes, means and times have the units that they promise', async () => {
    telemetry.send([
      ok(START_MS, { durationUs: 4_000, modelUs: 3_000, queueUs: 1_000, bytesIn: 400, bytesOut: 200 }),
      ok(START_MS + 9_999, { durationUs: 8_000, modelUs: 7_000, queueUs: 1_000, bytesIn: 0, bytesOut: 600 }),
      ok(START_MS, {
        durationUs: 0,
        modelUs: 0,
        queueUs: 0,
        status: 401,
        reason: 'unauthorized',
        deployment: '',
        instance: '',
      }),
    ]);
    await telemetry.intake.flush();
    const first = async (metric: string) => {
      const { series, unit } = await telemetry.query({ metric, step_seconds: '10' }, START_MS, START_MS + 10_000);
      return [unit, series[0]!.points[0]![1]];
    };
    expect(await first('NetworkBytes')).toEqual(['bytes_per_second', 120]);
    expect(await first('RequestLatency')).toEqual(['milliseconds', 4]);
    expect(await first('RequestsPerMinute')).toEqual(['count_per_minute', 18]);
    const [, model] = await first('ModelLatency_P50');
    expect(model).toBeCloseTo(3, 1);
    const [, queue] = await first('QueueTime_P95');
    expect(queue).toBeCloseTo(1, 1);
  });

  test('capacity counts instances at once, over samples that come irregularly and after a replacement', async () => {
    const sample = (second: number, instance: string, cpuPercent: number) => ({
      atMs: START_MS + second * 1000,
      endpoint: 'iris',
      deployment: 'blue',
      instance,
      cpuPercent,
      memoryBytes: 1000,
      memoryPercent: 10,
    });
    telemetry.nowMs = START_MS + HOUR_MS;
    for (let second = 0; second < 60; second += 5)
      telemetry.sample(sample(second, second < 30 ? 'old' : 'new', second));
    telemetry.sample(sample(60, 'new', 0), sample(61, 'second', 100));
    await telemetry.intake.flush();
    const ask = async (more: Record<string, string>) =>
      (await telemetry.query({ step_seconds: '60', ...more }, START_MS, START_MS + 120_000)).series.map(
        ({ labels, points }) => [labels, points.map(([, value]) => value)],
      );
    for (const seal of [false, true]) {
      if (seal) await telemetry.seal();
      expect(await ask({ metric: 'DeploymentCapacity' })).toEqual([[{}, [1, 2]]]);
      expect(await ask({ metric: 'CpuUtilizationPercentage' })).toEqual([[{}, [27.5, 50]]]);
      expect(await ask({ metric: 'CpuUtilizationPercentage', aggregation: 'maximum' })).toEqual([[{}, [55, 100]]]);
      expect(await ask({ metric: 'MemoryBytes', split_by: 'instance' })).toEqual([
        [{ instance: 'new' }, [1000, 1000]],
        [{ instance: 'old' }, [1000, null]],
        [{ instance: 'second' }, [null, 1000]],
      ]);
    }
  });
});

describe('steps', () => {
  test.each([
    [15 * MINUTE_MS, 10],
    [HOUR_MS, 10],
    [6 * HOUR_MS, 60],
    [24 * HOUR_MS, 300],
    [7 * 24 * HOUR_MS, 1800],
    [30 * 24 * HOUR_MS, 7200],
    [90 * 24 * HOUR_MS, 21_600],
  ])('a range of %i ms gets steps of %i s and at most 480 points, wherever it begins', async (rangeMs, step) => {
    const { step_seconds: chosen, series } = await telemetry.query(
      { metric: 'Requests' },
      START_MS + 1234,
      START_MS + 1234 + rangeMs,
    );
    expect(chosen).toBe(step);
    expect(series[0]!.points.length).toBeLessThanOrEqual(480);
    expect(series[0]!.points.every(([at]) => at % (step * 1000) === 0)).toBe(true);
  });

  test.each([
    [{ metric: 'Nothing' }, 'metrics.unknown_metric'],
    [{ step_seconds: '15' }, 'request.invalid'],
    [{ step_seconds: '0' }, 'request.invalid'],
    [{ split_by: 'colour' }, 'request.invalid'],
    [{ from: 'yesterday' }, 'request.invalid'],
    [{ to: new Date(START_MS).toISOString() }, 'request.invalid'],
    [{ to: new Date(START_MS + 40 * 24 * HOUR_MS).toISOString(), step_seconds: '10' }, 'request.invalid'],
  ])('%j is refused as %s', async (more, code) => {
    await expect(telemetry.query({ metric: 'Requests', ...more })).rejects.toMatchObject({ code });
  });
});
