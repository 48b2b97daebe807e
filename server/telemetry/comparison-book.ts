import { type Disagreement, KEPT_PAIRS } from '#lib/contracts/comparison-rules.ts';
import type { DisagreeingPair, MirrorTotals } from '#lib/contracts/mirror-comparison.ts';
import { addToCell, type ComparisonCell, emptyCell, mergeCell, presentCell } from './comparison-cell.ts';
import type { ComparisonDetail, ComparisonRecord } from './comparison-record.ts';
import { floorTo } from './resolution.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export interface BookLimits {
  /** Minutes older than this are added up to hours. */
  minutesMs: number;
  keptMs: number;
  /** Of all endpoints. */
  cells: number;
  pairBytes: number;
}

export const DEFAULT_BOOK_LIMITS: BookLimits = {
  minutesMs: 24 * HOUR_MS,
  keptMs: 30 * 24 * HOUR_MS,
  cells: 50_000,
  pairBytes: 16 * 1024 ** 2,
};

type DetailedRecord = ComparisonRecord & { detail: ComparisonDetail };

/** All that is known of one live deployment and one mirror of an endpoint. */
interface Section {
  readonly endpoint: string;
  readonly live: string;
  readonly mirror: string;
  /** The earliest comparison of it. */
  firstMs: number;
  /** By the start of their minute, or hour where they are old. */
  readonly cells: Map<number, ComparisonCell>;
  /** Oldest first. */
  pairs: DetailedRecord[];
}

/** The book as JSON. */
export type WrittenBook = (Omit<Section, 'cells'> & { cells: [number, ComparisonCell][] })[];

/** An endpoint as it is now: what was compared before its time was another's. */
export interface LivingEndpoint {
  name: string;
  sinceMs: number;
}

/** What came of comparisons: totals by the minute and the newest pairs that disagree. In memory and bounded; files are not its concern. */
export class ComparisonBook {
  private readonly limits: BookLimits;
  private readonly sections = new Map<string, Section>();
  private pairBytes = 0;

  constructor(limits: BookLimits = DEFAULT_BOOK_LIMITS) {
    this.limits = limits;
  }

  add(record: ComparisonRecord): void {
    const section = this.sectionOf(record);
    const { cells, pairs } = section;
    section.firstMs = Math.min(section.firstMs, record.atMs);
    const startMs = floorTo(record.atMs, MINUTE_MS);
    addToCell(cellAt(cells, startMs), record);
    if (!isDetailed(record)) return;
    pairs.push(record);
    this.pairBytes += sizeOf(record);
    if (pairs.length > KEPT_PAIRS) this.dropOldestPair(pairs);
    while (this.pairBytes > this.limits.pairBytes) this.dropOldestPair(this.oldestPairs());
  }

  /** Totals over minutes (or, long ago, hours) that begin in a range. */
  totals(endpoint: string, fromMs: number, toMs: number): MirrorTotals[] {
    return this.sectionsOf(endpoint).flatMap(({ live, mirror, cells }) => {
      const sum = emptyCell();
      const inRange = [...cells].filter(([startMs]) => startMs >= floorTo(fromMs, MINUTE_MS) && startMs < toMs);
      for (const [, cell] of inRange) mergeCell(sum, cell);
      return inRange.length === 0 ? [] : [{ live, mirror, ...presentCell(sum) }];
    });
  }

  /** The newest pairs that disagree, newest first. */
  pairs(endpoint: string, fromMs: number, toMs: number, limit: number): DisagreeingPair[] {
    return this.sectionsOf(endpoint)
      .flatMap(({ pairs }) => pairs)
      .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
      .toSorted((a, b) => b.atMs - a.atMs)
      .slice(0, limit)
      .map(presentPair);
  }

  /**
   * Forgets what belongs to no endpoint of today.
   * @param asOfMs when the list was made: what is newer may be of an endpoint that is not on it yet
   * @returns whether something was forgotten
   */
  retain(living: readonly LivingEndpoint[], asOfMs: number): boolean {
    const since = new Map(living.map(({ name, sinceMs }) => [name, sinceMs]));
    let changed = false;
    for (const section of this.sections.values()) {
      const sinceMs = since.get(section.endpoint) ?? asOfMs;
      const isAnothers = section.firstMs < sinceMs;
      // The minute in which one endpoint followed another holds comparisons of both.
      const cellsMs = isAnothers ? sinceMs : this.startOf(sinceMs, asOfMs);
      section.firstMs = Math.max(section.firstMs, sinceMs);
      changed = this.forgetBefore(section, sinceMs, cellsMs) || changed;
    }
    return changed;
  }

  /** Adds up what is old, and forgets what is too old or too much. */
  age(nowMs: number): void {
    const foldMs = floorTo(nowMs - this.limits.minutesMs, HOUR_MS);
    for (const section of this.sections.values()) {
      const keptMs = nowMs - this.limits.keptMs;
      this.forgetBefore(section, keptMs, keptMs);
      for (const [startMs, cell] of section.cells) {
        const hourMs = floorTo(startMs, HOUR_MS);
        if (startMs >= foldMs || startMs === hourMs) continue;
        mergeCell(cellAt(section.cells, hourMs), cell);
        section.cells.delete(startMs);
      }
    }
    this.shortenCells();
  }

  write(): WrittenBook {
    return [...this.sections.values()].map((section) => ({ ...section, cells: [...section.cells] }));
  }

  read(written: WrittenBook): void {
    this.sections.clear();
    this.pairBytes = 0;
    for (const { endpoint, live, mirror, firstMs, cells, pairs } of written) {
      const section = { endpoint, live, mirror, firstMs, cells: new Map(cells), pairs };
      this.sections.set(keyOf(section), section);
      for (const pair of pairs) this.pairBytes += sizeOf(pair);
    }
  }

  private sectionOf(record: ComparisonRecord): Section {
    const key = keyOf(record);
    let section = this.sections.get(key);
    if (section === undefined) {
      const { endpoint, live, mirror } = record;
      section = { endpoint, live, mirror, firstMs: record.atMs, cells: new Map(), pairs: [] };
      this.sections.set(key, section);
    }
    return section;
  }

  private sectionsOf(endpoint: string): Section[] {
    return [...this.sections.values()]
      .filter((section) => section.endpoint === endpoint)
      .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  /** Where the minute of an instant starts, or the hour when it is as old as those that are added up. */
  private startOf(ms: number, nowMs: number): number {
    return floorTo(ms, ms < nowMs - this.limits.minutesMs ? HOUR_MS : MINUTE_MS);
  }

  private forgetBefore(section: Section, beforeMs: number, cellsBeforeMs: number): boolean {
    const cells = [...section.cells.keys()].filter((startMs) => startMs < cellsBeforeMs);
    const kept = section.pairs.filter(({ atMs }) => atMs >= beforeMs);
    const changed = cells.length > 0 || kept.length < section.pairs.length;
    for (const startMs of cells) section.cells.delete(startMs);
    for (const pair of section.pairs) if (pair.atMs < beforeMs) this.pairBytes -= sizeOf(pair);
    section.pairs = kept;
    if (section.cells.size === 0 && kept.length === 0) this.sections.delete(keyOf(section));
    return changed;
  }

  private shortenCells(): void {
    const all = [...this.sections.values()].flatMap(({ cells }) =>
      [...cells.keys()].map((startMs) => ({ cells, startMs })),
    );
    const surplus = all.length - this.limits.cells;
    if (surplus <= 0) return;
    for (const { cells, startMs } of all.toSorted((a, b) => a.startMs - b.startMs).slice(0, surplus))
      cells.delete(startMs);
  }

  private oldestPairs(): DetailedRecord[] {
    let oldest: DetailedRecord[] = [];
    for (const { pairs } of this.sections.values()) {
      if ((pairs[0]?.atMs ?? Infinity) < (oldest[0]?.atMs ?? Infinity)) oldest = pairs;
    }
    return oldest;
  }

  private dropOldestPair(pairs: DetailedRecord[]): void {
    const oldest = pairs.shift();
    this.pairBytes = oldest === undefined ? 0 : this.pairBytes - sizeOf(oldest);
  }
}

function keyOf({ endpoint, live, mirror }: Pick<Section, 'endpoint' | 'live' | 'mirror'>): string {
  return JSON.stringify([endpoint, live, mirror]);
}

function cellAt(cells: Map<number, ComparisonCell>, startMs: number): ComparisonCell {
  let cell = cells.get(startMs);
  if (cell === undefined) {
    cell = emptyCell();
    cells.set(startMs, cell);
  }
  return cell;
}

function isDetailed(record: ComparisonRecord): record is DetailedRecord {
  return record.detail !== undefined;
}

/** About as many bytes as a pair takes in memory. */
function sizeOf({ detail: { request, liveAnswer, mirrorAnswer, path } }: DetailedRecord): number {
  return [request, liveAnswer, mirrorAnswer].reduce((sum, { text }) => sum + (text?.length ?? 0), 512 + path.length);
}

function presentPair({
  atMs,
  live,
  mirror,
  outcome,
  liveMs,
  mirrorMs,
  maxDifference,
  detail,
}: DetailedRecord): DisagreeingPair {
  return {
    request_id: detail.requestId,
    at: new Date(atMs).toISOString(),
    live,
    mirror,
    // Only pairs that disagree are told in detail.
    reason: outcome as Disagreement,
    path: detail.path,
    max_difference: maxDifference,
    live_status: detail.liveStatus,
    mirror_status: detail.mirrorStatus,
    live_ms: liveMs,
    mirror_ms: mirrorMs,
    request: detail.request,
    live_answer: detail.liveAnswer,
    mirror_answer: detail.mirrorAnswer,
  };
}
