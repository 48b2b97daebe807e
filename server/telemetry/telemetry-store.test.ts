import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_RESOLUTIONS } from './resolution.ts';
import { HOUR_MS, ok, START_MS, TelemetryFixture } from './telemetry-fixture.ts';

let telemetry: TelemetryFixture;
beforeEach(async () => {
  telemetry = await TelemetryFixture.open();
});
afterEach(() => telemetry.remove());

const journals = (): string[] => readdirSync(join(telemetry.folder, 'journal'));
const segments = (name: string): string[] => readdirSync(join(telemetry.folder, name));

async function flushed(...atMs: readonly number[]): Promise<void> {
  telemetry.send(atMs.map((at) => ok(at)));
  await telemetry.intake.flush();
}

describe('a killed process', () => {
  test('loses nothing that was flushed, and everything else', async () => {
    await flushed(START_MS, START_MS + 10_000);
    telemetry.send([ok(START_MS + 20_000)]);
    await telemetry.start();
    expect(await telemetry.count()).toBe(2);
  });

  test('remembers across lives and seals which batches were counted', async () => {
    telemetry.send([ok(START_MS)], { sequence: 41, dropped: 7 });
    await telemetry.intake.flush();
    await telemetry.start();
    expect(telemetry.send([ok(START_MS)], { sequence: 41, dropped: 7 })).toBe(false);
    await telemetry.seal();
    await telemetry.start();
    expect(telemetry.send([ok(START_MS)], { sequence: 41 })).toBe(false);
    expect(telemetry.send([ok(START_MS)], { sequence: 42 })).toBe(true);
    expect(telemetry.intake.senders.droppedBySenders().total).toBe(7);
    await telemetry.intake.flush();
    expect(await telemetry.count()).toBe(2);
  });

  test('leaves a torn end that is cut off, at whatever byte it was torn', async () => {
    await flushed(START_MS);
    const path = join(telemetry.folder, 'journal', journals().at(-1)!);
    const before = statSync(path).size;
    await flushed(START_MS + 10_000);
    const whole = readFileSync(path);
    for (let size = before + 1; size < whole.length; size += 7) {
      writeFileSync(path, whole.subarray(0, size));
      await telemetry.start();
      expect(await telemetry.count()).toBe(1);
      expect(telemetry.store.counters.torn_bytes_cut).toBe(size - before);
      expect(statSync(path).size).toBe(before);
    }
    appendFileSync(path, Buffer.alloc(4096));
    await telemetry.start();
    expect(await telemetry.count()).toBe(1);
  });
});

describe('sealing', () => {
  test('moves rows from the journal to segments of all resolutions and changes no answer', async () => {
    telemetry.nowMs = START_MS + 2 * HOUR_MS;
    await flushed(START_MS, START_MS + 70_000, START_MS + HOUR_MS);
    const before = await telemetry.query({ metric: 'Requests' }, START_MS, START_MS + 2 * HOUR_MS);
    await telemetry.seal();
    expect(telemetry.store.liveBytes).toBe(0);
    expect(journals()).toHaveLength(1);
    expect([segments('10s'), segments('1m'), segments('1h')].map((files) => files.length)).toEqual([3, 1, 1]);
    expect(await telemetry.query({ metric: 'Requests' }, START_MS, START_MS + 2 * HOUR_MS)).toEqual(before);
    for (const step of ['10', '60', '3600']) {
      const { series } = await telemetry.query(
        { metric: 'Requests', step_seconds: step },
        START_MS,
        START_MS + 2 * HOUR_MS,
      );
      expect(series[0]!.samples!.reduce((a, b) => a + b)).toBe(3);
    }
  });

  test('late rows join the hour that was sealed before', async () => {
    telemetry.nowMs = START_MS + 2 * HOUR_MS;
    await flushed(START_MS);
    await telemetry.seal();
    await flushed(START_MS, START_MS + 30_000);
    expect(await telemetry.count()).toBe(3);
    await telemetry.seal();
    await telemetry.start();
    expect(await telemetry.count()).toBe(3);
  });

  test('a crash between any two files that sealing writes or removes neither loses nor repeats a row', async () => {
    telemetry.nowMs = START_MS + 2 * HOUR_MS;
    await flushed(START_MS, START_MS + HOUR_MS);
    await telemetry.seal();
    await flushed(START_MS + 10_000, START_MS + HOUR_MS + 10_000);
    const states = await snapshotsDuring(telemetry.folder, () => telemetry.seal());
    expect(states.length).toBeGreaterThan(8);
    for (const state of states) {
      rmSync(telemetry.folder, { recursive: true });
      cpSync(state, telemetry.folder, { recursive: true });
      await telemetry.start();
      for (const step of ['10', '60', '3600']) {
        const { series } = await telemetry.query(
          { metric: 'Requests', step_seconds: step },
          START_MS,
          START_MS + 2 * HOUR_MS,
        );
        expect(series[0]!.samples!.reduce((a, b) => a + b)).toBe(4);
      }
      rmSync(state, { recursive: true });
    }
  });

  test('queries that run while it seals see every row exactly once', async () => {
    telemetry.nowMs = START_MS + 2 * HOUR_MS;
    let total = 0;
    for (let round = 0; round < 6; round += 1) {
      await flushed(START_MS + round * 10_000, START_MS + HOUR_MS + round * 10_000);
      total += 2;
      const sealing = track(telemetry.seal());
      do {
        for (const step of ['10', '60', '3600']) {
          const { series } = await telemetry.query(
            { metric: 'Requests', step_seconds: step },
            START_MS,
            START_MS + 2 * HOUR_MS,
          );
          expect(series[0]!.samples!.reduce((a, b) => a + b)).toBe(total);
        }
        await nextTurn();
      } while (!sealing.done);
    }
  });
});

describe('damage', () => {
  test('a block that was changed on the disk is a gap and is counted; the rest is answered', async () => {
    telemetry.nowMs = START_MS + 2 * HOUR_MS;
    await flushed(START_MS, START_MS + HOUR_MS);
    await telemetry.seal();
    const path = join(
      telemetry.folder,
      '10s',
      segments('10s').find((name) => name.startsWith(`${START_MS}-`))!,
    );
    const bytes = readFileSync(path);
    bytes[bytes.length - 3]! ^= 0xff;
    writeFileSync(path, bytes);
    await telemetry.start();
    const { series } = await telemetry.query(
      { metric: 'Requests', step_seconds: '10' },
      START_MS,
      START_MS + 2 * HOUR_MS,
    );
    expect(series[0]!.samples!.reduce((a, b) => a + b)).toBe(1);
    expect(telemetry.store.segments.damagedBlocks).toBe(1);
    truncateSync(path, 5);
    await telemetry.start();
    expect(await telemetry.count(START_MS + HOUR_MS, START_MS + 2 * HOUR_MS)).toBe(1);
  });

  test('a file that is no segment is removed at the start', async () => {
    writeFileSync(join(telemetry.folder, '1m', '1-2.segment.tmp'), 'half');
    await telemetry.start();
    expect(segments('1m')).toEqual([]);
  });
});

describe('retention', () => {
  test('old slices go by resolution, and answers are then as fine as what is left', async () => {
    for (let hour = 0; hour < 30; hour += 1) {
      telemetry.nowMs = START_MS + hour * HOUR_MS + 60_000;
      await flushed(telemetry.nowMs);
      await telemetry.seal();
    }
    await telemetry.store.enforceRetention();
    expect(segments('10s').length).toBeLessThanOrEqual(26);
    expect(segments('1m').length).toBe(2);
    const day = await telemetry.query({ metric: 'Requests', step_seconds: '10' }, START_MS, START_MS + HOUR_MS);
    expect(day.step_seconds).toBe(60);
    expect(day.series[0]!.samples!.reduce((a, b) => a + b)).toBe(1);
    const recent = await telemetry.query(
      { metric: 'Requests', step_seconds: '10' },
      telemetry.nowMs - HOUR_MS,
      telemetry.nowMs,
    );
    expect(recent.step_seconds).toBe(10);
  });

  test('rows that are too late for their hour do not erase what is kept of it', async () => {
    telemetry.nowMs = START_MS + 60_000;
    await flushed(START_MS, START_MS + 1000, START_MS + 2000);
    await telemetry.seal();
    for (const slice of telemetry.store.segments.slices())
      if (slice.resolution.name === '10s') await telemetry.store.segments.deleteSlice(slice);
    await flushed(START_MS + 3000);
    await telemetry.seal();
    expect(telemetry.store.counters.rows_dropped_late).toBeGreaterThan(0);
    const { series } = await telemetry.query({ metric: 'Requests', step_seconds: '60' });
    expect(series[0]!.samples![0]).toBe(3);
  });

  test('records from the far past or the future are counted and dropped', async () => {
    telemetry.nowMs = START_MS + HOUR_MS;
    await flushed(START_MS - 25 * HOUR_MS, START_MS + 2 * HOUR_MS, START_MS);
    expect(telemetry.intake.counters.records_out_of_range).toBe(2);
    expect(await telemetry.count()).toBe(1);
  });
});

describe('a short disk', () => {
  test('squeezes the finest and oldest slices first, never the current hours', async () => {
    for (let hour = 0; hour < 6; hour += 1) {
      telemetry.nowMs = START_MS + hour * HOUR_MS + 60_000;
      await flushed(telemetry.nowMs);
      await telemetry.seal();
    }
    telemetry.freeBytes = 0;
    await telemetry.store.enforceRetention();
    const left = telemetry.store.segments.hours(DEFAULT_RESOLUTIONS[0]!).toSorted((a, b) => a - b);
    expect(left).toEqual([3, 4, 5].map((hour) => START_MS + hour * HOUR_MS));
    expect(telemetry.store.counters.slices_squeezed).toBe(3);
    expect(await telemetry.count(START_MS, START_MS + 6 * HOUR_MS)).toBe(6);
  });

  test('a journal that cannot be written keeps answering, and catches up once it can', async () => {
    await flushed(START_MS);
    const path = join(telemetry.folder, 'journal');
    rmSync(path, { recursive: true });
    writeFileSync(path, 'in the way');
    telemetry.nowMs = START_MS + HOUR_MS;
    await telemetry.seal();
    expect(telemetry.store.counters.seal_failures).toBe(1);
    await flushed(START_MS + 10_000);
    expect(await telemetry.count()).toBe(2);
    rmSync(path);
    mkdirSync(path);
    await telemetry.seal();
    expect(await telemetry.count()).toBe(2);
    await telemetry.start();
    expect(await telemetry.count()).toBe(2);
  });

  test('memory has a bound: rows beyond it are dropped and counted', async () => {
    await telemetry.start({ limits: { liveBytes: 2_000 } });
    for (let second = 0; second < 20; second += 1) await flushed(START_MS + second * 10_000);
    expect(telemetry.store.liveBytes).toBeLessThan(4_000);
    expect(telemetry.store.counters.rows_dropped_no_room).toBeGreaterThan(0);
  });
});

/** Copies of a folder as it was after each change that some work made to its files. */
async function snapshotsDuring(folder: string, work: () => Promise<void>): Promise<string[]> {
  const states: string[] = [];
  let last = '';
  const running = track(work());
  const look = (): void => {
    const listing = JSON.stringify(
      readdirSync(folder, { recursive: true }).map((name) => {
        const path = join(folder, String(name));
        return existsSync(path) ? [name, statSync(path).size] : [];
      }),
    );
    if (listing === last) return;
    last = listing;
    const copy = mkdtempSync(join(tmpdir(), 'viridian-telemetry-state-'));
    cpSync(folder, copy, { recursive: true });
    states.push(copy);
  };
  while (!running.done) {
    look();
    await nextTurn();
  }
  look();
  return states;
}

/** A promise that can be asked whether it is settled. */
function track(promise: Promise<void>): { done: boolean } {
  const state = { done: false };
  void promise.finally(() => {
    state.done = true;
  });
  return state;
}

/** Lets input and output happen. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
