import { join } from 'node:path';
import type { Clock } from '#server/kernel/clock.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { applyRetention, type RetentionDeps } from './apply-retention.ts';
import { encodeBlock, rowsOf } from './block-codec.ts';
import { openJournal, replayJournals, type Journal } from './journal.ts';
import { LiveTable } from './live-table.ts';
import type { RetentionLimits } from './plan-retention.ts';
import { DEFAULT_RESOLUTIONS, type Resolution } from './resolution.ts';
import { mergeRows, rollUpRows } from './roll-up.ts';
import type { RollUpRow } from './roll-up-row.ts';
import { hourOf, Segments, type HourBlock, type PreparedSlice } from './segments.ts';
import type { SenderMark } from './sender-registry.ts';

export interface StoreLimits extends RetentionLimits {
  /** A larger journal is sealed early, which bounds the time that a restart takes. */
  journalBytes: number;
  /** Rows beyond this are dropped and counted: memory has a bound even if the disk takes nothing for hours. */
  liveBytes: number;
}

export const DEFAULT_LIMITS: StoreLimits = {
  diskBytes: 2 * 1024 ** 3,
  reserveBytes: 256 * 1024 ** 2,
  journalBytes: 16 * 1024 ** 2,
  liveBytes: 96 * 1024 ** 2,
};

export interface TelemetryStoreOptions {
  folder: string;
  clock: Clock;
  logger: Logger;
  /** Room on the disk that holds the folder, in bytes. */
  freeBytes: () => Promise<number>;
  resolutions?: readonly Resolution[];
  limits?: Partial<StoreLimits>;
}

/** Room that is made when the disk refused something: rewriting slices needs both the old and the new. */
const SQUEEZE_BYTES = 32 * 1024 ** 2;

/** What one slice of time holds, at one instant: sealed blocks, and the rows that are in no segment yet (always 10 s buckets). */
export interface SliceContent {
  startMs: number;
  endMs: number;
  blocks: HourBlock[];
  live: RollUpRow[];
}

export interface StoreCounters {
  rows_dropped_no_room: number;
  rows_dropped_late: number;
  journal_failures: number;
  seal_failures: number;
  torn_bytes_cut: number;
  slices_squeezed: number;
}

/**
 * Keeps roll-up rows: journal first, then segments.
 *
 * Every row is in exactly one of: the journal and the live table, or the segments. Sealing merges a closed journal into the blocks of the
 * hours that it touches; each block names the last journal that it holds, so a crash between any two steps neither loses nor repeats a row.
 * 1 min and 1 h blocks are derived from the whole 10 s block of their hour and are made again when a crash left them behind.
 */
export class TelemetryStore {
  readonly segments: Segments;
  readonly counters: StoreCounters = {
    rows_dropped_no_room: 0,
    rows_dropped_late: 0,
    journal_failures: 0,
    seal_failures: 0,
    torn_bytes_cut: 0,
    slices_squeezed: 0,
  };
  readonly #retention: RetentionDeps;
  readonly #logger: Logger;
  readonly #limits: StoreLimits;
  readonly #journal: Journal;
  #open = new LiveTable();
  #sealing: { table: LiveTable; journal: number } | null = null;
  /** Blocks that the disk refused; they are in the live table and wait for the next append. */
  #unwritten: Uint8Array[] = [];
  #journalFails = false;
  #journalWork: Promise<unknown> = Promise.resolve();
  /** Size of earlier journals that are not sealed yet: every restart would read them again. */
  #replayedBytes = 0;
  /** Coarser blocks are behind their 10 s block. */
  #hasStaleHours = false;

  private constructor(deps: RetentionDeps & { limits: StoreLimits }, journal: Journal, live: LiveTable) {
    this.segments = deps.segments;
    this.#retention = deps;
    this.#limits = deps.limits;
    this.#logger = deps.logger;
    this.#journal = journal;
    this.#open = live;
  }

  /**
   * Opens the folder, replays the journals and makes up for what a crash left undone.
   * @returns the marks of senders that the journals hold
   */
  static async open(options: TelemetryStoreOptions): Promise<{ store: TelemetryStore; marks: SenderMark[] }> {
    const segments = new Segments(options.folder, options.resolutions ?? DEFAULT_RESOLUTIONS);
    const live = new LiveTable();
    const marks: SenderMark[] = [];
    const base = segments.resolutions[0]!;
    const folder = join(options.folder, 'journal');
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    // First of all: on a full disk not even a new journal could be made.
    await applyRetention({ ...options, segments, limits }, 0);
    const { cutBytes, lastNumber, bytes } = replayJournals(folder, (number, block) => {
      marks.push(...((block.meta['senders'] as SenderMark[] | undefined) ?? []));
      live.add(rowsOf(block).filter((row) => (segments.appliedJournal(base, hourOf(row.bucketMs)) ?? -1) < number));
    });
    const journal = await openJournal(folder, lastNumber + 1);
    const store = new TelemetryStore({ ...options, segments, limits }, journal, live);
    store.#replayedBytes = bytes;
    store.counters.torn_bytes_cut = cutBytes;
    await store.#rollUpStaleHours().catch((error: unknown) => store.#onSealFailure(error));
    return { store, marks };
  }

  get liveBytes(): number {
    return this.#open.bytes + (this.#sealing?.table.bytes ?? 0);
  }

  get journalBytes(): number {
    return this.#journal.bytes;
  }

  /** Whether there is reason to seal before the hour ends: a large journal, or something that could not be written before. */
  get wantsSeal(): boolean {
    const isLarge = this.#journal.bytes + this.#replayedBytes > this.#limits.journalBytes;
    return isLarge || this.#sealing !== null || this.#hasStaleHours;
  }

  /** Keeps rows: they answer queries at once and are on disk when the promise resolves, unless the disk refuses (counted, tried again). */
  append(rows: readonly RollUpRow[], marks: readonly SenderMark[]): Promise<void> {
    if (this.liveBytes > this.#limits.liveBytes) {
      this.counters.rows_dropped_no_room += rows.length;
      return Promise.resolve();
    }
    return this.#alone(async () => {
      this.#open.add(rows);
      this.#unwritten.push(encodeBlock({ senders: marks }, rows));
      await this.#writeOut();
    });
  }

  /**
   * Moves everything that is journaled into segments, while appends go on into the next journal. Not to be run beside itself.
   * @param marks says what a restart must know of senders once the old journals are gone
   */
  async seal(marks: () => readonly SenderMark[]): Promise<void> {
    try {
      if (this.#hasStaleHours) await this.#rollUpStaleHours();
      this.#sealing ??= await this.#alone(() => this.#beginSealing());
      const { journal, table } = this.#sealing;
      for (const hourMs of table.hours()) await this.#sealHour(hourMs, table, journal);
      await this.#alone(() => this.#journal.append(encodeBlock({ senders: marks() }, [])));
      await this.#journal.removeUpTo(journal);
      this.#sealing = null;
      this.#replayedBytes = 0;
    } catch (error) {
      await this.#onSealFailure(error);
    }
  }

  /**
   * Deletes what is too old, and, where the disk is short, what is finest and oldest.
   * @param missingBytes room to make beyond the reserve
   */
  async enforceRetention(missingBytes = 0): Promise<void> {
    this.counters.slices_squeezed += await applyRetention(this.#retention, missingBytes);
  }

  /** What the slice around an instant holds for the hours that begin in a range. */
  async readSlice(resolution: Resolution, sliceMs: number, fromMs: number, toMs: number): Promise<SliceContent> {
    const hours = [fromMs, toMs] as const;
    const { blocks, captured } = await this.segments.readSlice(resolution, sliceMs, hours, () =>
      [this.#sealing?.table, this.#open].flatMap((table) => table?.rowsOfHours(fromMs, toMs) ?? []),
    );
    return { startMs: sliceMs, endMs: sliceMs + resolution.sliceMs, blocks, live: captured };
  }

  /**
   * The instant before which a resolution is not complete: a coarser one holds hours there that this one holds no more.
   * @returns epoch milliseconds, or −Infinity when nothing is missing
   */
  horizonMs(resolution: Resolution): number {
    const own = new Set(this.segments.hours(resolution));
    let horizon = -Infinity;
    for (const coarser of this.segments.resolutions) {
      if (coarser.widthMs <= resolution.widthMs) continue;
      for (const hourMs of this.segments.hours(coarser))
        if (!own.has(hourMs)) horizon = Math.max(horizon, hourMs + 3_600_000);
    }
    return horizon;
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  async #beginSealing(): Promise<{ table: LiveTable; journal: number }> {
    const journal = await this.#journal.rotate();
    const table = this.#open;
    this.#open = new LiveTable();
    // What the disk refused is in the table that is being sealed; written again it would count twice after a crash.
    this.#unwritten = [];
    return { table, journal };
  }

  async #onSealFailure(error: unknown): Promise<void> {
    this.counters.seal_failures += 1;
    this.#logger.warn({ err: error }, 'Telemetry segments cannot be written; the journal keeps the rows');
    await this.enforceRetention(isDiskFull(error) ? SQUEEZE_BYTES : 0);
  }

  async #writeOut(): Promise<void> {
    try {
      while (this.#unwritten[0] !== undefined) {
        await this.#journal.append(this.#unwritten[0]);
        this.#unwritten.shift();
      }
      this.#journalFails = false;
    } catch (error) {
      this.counters.journal_failures += 1;
      // Said once and then counted: flushes come twice a second, and the log shares the disk.
      if (!this.#journalFails) this.#logger.warn({ err: error }, 'The telemetry journal cannot be written');
      this.#journalFails = true;
      await this.enforceRetention(isDiskFull(error) ? SQUEEZE_BYTES : 0);
    }
  }

  /** Runs work on the journal one piece after the other. */
  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#journalWork.then(work);
    this.#journalWork = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #sealHour(hourMs: number, table: LiveTable, journal: number): Promise<void> {
    const [base, next] = this.segments.resolutions;
    const sealed = await this.segments.readHour(base!, hourMs);
    if (sealed === null && next !== undefined && this.segments.appliedJournal(next, hourMs) !== null) {
      // Its 10 s rows are gone: deriving the wider buckets again from the few late rows would erase the rest of the hour.
      this.counters.rows_dropped_late += table.rowsOfHour(hourMs).length;
      table.deleteHour(hourMs);
      return;
    }
    const before = sealed?.block == null ? [] : rowsOf(sealed.block);
    const rows = mergeRows(before, table.rowsOfHour(hourMs));
    await this.#writeHour(hourMs, rows, journal, () => table.deleteHour(hourMs));
  }

  /** Writes the hour in every resolution, then puts all of them in place in one turn, so that no query sees half of it. */
  async #writeHour(hourMs: number, rows: RollUpRow[], journal: number, onPlaced: () => void): Promise<void> {
    const prepared: PreparedSlice[] = [];
    let widthMs = this.segments.resolutions[0]!.widthMs;
    let current = rows;
    try {
      for (const resolution of this.segments.resolutions) {
        if (resolution.widthMs !== widthMs) current = rollUpRows(current, widthMs, resolution.widthMs);
        widthMs = resolution.widthMs;
        prepared.push(await this.segments.prepareHour(resolution, hourMs, current, journal));
      }
    } catch (error) {
      for (const slice of prepared) await slice.discard();
      throw error;
    }
    const removals = prepared.map((slice) => slice.commit());
    onPlaced();
    await Promise.all(removals);
  }

  /** After a crash between two resolutions the coarser block is older than the finer: it is derived again. */
  async #rollUpStaleHours(): Promise<void> {
    const [base, ...coarser] = this.segments.resolutions;
    this.#hasStaleHours = true;
    for (const hourMs of this.segments.hours(base!)) {
      const applied = this.segments.appliedJournal(base!, hourMs)!;
      const isStale = coarser.some((resolution) => this.segments.appliedJournal(resolution, hourMs) !== applied);
      const block = isStale ? (await this.segments.readHour(base!, hourMs))?.block : null;
      if (block != null) await this.#writeHour(hourMs, rowsOf(block), applied, () => undefined);
    }
    this.#hasStaleHours = false;
  }
}

function isDiskFull(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
