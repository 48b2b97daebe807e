import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeBlock, decodeBlockMeta, encodeBlock, type Block } from './block-codec.ts';
import { encodeFrame, FRAME_HEADER_BYTES, MAX_FRAME_BYTES, readFrame } from './frame.ts';
import { syncFolder } from './journal.ts';
import { BLOCK_MS, floorTo, type Resolution } from './resolution.ts';
import type { RollUpRow } from './roll-up-row.ts';

/** Where the block of one hour lies, and the last journal whose rows are in it. */
interface BlockEntry {
  hourMs: number;
  offset: number;
  length: number;
  appliedJournal: number;
}

/** One file: the blocks of the hours of one slice of time, in order. Files are replaced whole and never changed. */
export interface Slice {
  resolution: Resolution;
  startMs: number;
  generation: number;
  path: string;
  bytes: number;
  blocks: readonly BlockEntry[];
}

export interface HourBlock {
  hourMs: number;
  /** Null when the bytes on disk are damaged. */
  block: Block | null;
}

/** A slice that is on the disk and not yet in the index. */
export interface PreparedSlice {
  /** Changes the index at once, then removes the file that was replaced. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

const NAME = /^(\d+)-(\d+)\.segment$/;
/** Longest beginning of a block that holds its facts. */
const META_BYTES = 256;

/**
 * Sealed roll-ups on disk, one folder for each resolution. The index in memory knows only where blocks are, so start-up reads a few hundred
 * bytes for each hour kept and memory does not grow with traffic.
 */
export class Segments {
  readonly #folder: string;
  readonly #slices = new Map<string, Map<number, Slice>>();
  readonly resolutions: readonly Resolution[];
  #generation = 0;
  #damagedBlocks = 0;

  constructor(folder: string, resolutions: readonly Resolution[]) {
    this.#folder = folder;
    this.resolutions = resolutions;
    for (const resolution of resolutions) this.#slices.set(resolution.name, this.#load(resolution));
  }

  get damagedBlocks(): number {
    return this.#damagedBlocks;
  }

  slices(): Slice[] {
    return [...this.#slices.values()].flatMap((slices) => [...slices.values()]);
  }

  slice(resolution: Resolution, instantMs: number): Slice | undefined {
    return this.#slices.get(resolution.name)!.get(floorTo(instantMs, resolution.sliceMs));
  }

  /** The last journal that the block of an hour holds, or null when there is no block. */
  appliedJournal(resolution: Resolution, hourMs: number): number | null {
    const slice = this.slice(resolution, hourMs);
    return slice?.blocks.find((block) => block.hourMs === hourMs)?.appliedJournal ?? null;
  }

  hours(resolution: Resolution): number[] {
    return [...this.#slices.get(resolution.name)!.values()].flatMap((slice) => slice.blocks.map((b) => b.hourMs));
  }

  async readHour(resolution: Resolution, hourMs: number): Promise<HourBlock | null> {
    const slice = this.slice(resolution, hourMs);
    const entry = slice?.blocks.find((block) => block.hourMs === hourMs);
    if (slice === undefined || entry === undefined) return null;
    return (await this.#readBlocks(slice, [entry]))[0] ?? null;
  }

  /**
   * The blocks of a slice whose hours begin in a range, and what `capture` returns in the very turn in which the blocks are known to be
   * the current ones: a slice that was replaced while it was read is read again, so the two never overlap nor leave a hole.
   */
  async readSlice<Captured>(
    resolution: Resolution,
    sliceMs: number,
    [fromMs, toMs]: readonly [number, number],
    capture: () => Captured,
  ): Promise<{ blocks: HourBlock[]; captured: Captured }> {
    for (;;) {
      const slice = this.slice(resolution, sliceMs);
      if (slice === undefined) return { blocks: [], captured: capture() };
      const entries = slice.blocks.filter(({ hourMs }) => hourMs >= fromMs && hourMs < toMs);
      const read = await this.#readBlocks(slice, entries).catch((error: unknown) => {
        if (this.slice(resolution, sliceMs) === slice) throw error;
        return [];
      });
      if (this.slice(resolution, sliceMs) === slice) return { blocks: read, captured: capture() };
    }
  }

  /**
   * Writes a slice file in which the block of one hour is new, durably, beside the old one.
   * @returns the means to put the new file in place of the old, or to take it back
   */
  async prepareHour(
    resolution: Resolution,
    hourMs: number,
    rows: readonly RollUpRow[],
    appliedJournal: number,
  ): Promise<PreparedSlice> {
    const startMs = floorTo(hourMs, resolution.sliceMs);
    const old = this.slice(resolution, hourMs);
    const fresh = encodeFrame(encodeBlock({ hour_ms: hourMs, applied_journal: appliedJournal }, rows));
    const kept = old === undefined ? [] : await this.#readFrames(old, hourMs);
    const frames = [...kept, { hourMs, appliedJournal, frame: fresh }].toSorted((a, b) => a.hourMs - b.hourMs);
    this.#generation += 1;
    const path = join(this.#folder, resolution.name, `${startMs}-${this.#generation}.segment`);
    await writeDurably(
      path,
      frames.map(({ frame }) => frame),
    );
    const slice = { resolution, startMs, generation: this.#generation, path, ...layOut(frames) };
    return {
      commit: async () => {
        this.#slices.get(resolution.name)!.set(startMs, slice);
        if (old !== undefined) await rm(old.path, { force: true });
      },
      discard: () => rm(path, { force: true }),
    };
  }

  async deleteSlice(slice: Slice): Promise<void> {
    this.#slices.get(slice.resolution.name)!.delete(slice.startMs);
    await rm(slice.path, { force: true });
  }

  async #readBlocks(slice: Slice, entries: readonly BlockEntry[]): Promise<HourBlock[]> {
    const [first, last] = [entries[0], entries.at(-1)];
    if (first === undefined || last === undefined) return [];
    const bytes = await readRange(slice.path, first.offset, last.offset + last.length);
    return entries.map(({ hourMs, offset }) => {
      const frame = readFrame(bytes, offset - first.offset);
      if (frame === null) this.#damagedBlocks += 1;
      return { hourMs, block: frame === null ? null : decodeBlock(frame.payload) };
    });
  }

  async #readFrames(slice: Slice, exceptHourMs: number) {
    const bytes = await readRange(slice.path, 0, slice.bytes);
    return slice.blocks
      .filter(({ hourMs }) => hourMs !== exceptHourMs)
      .map(({ hourMs, appliedJournal, offset, length }) => ({
        hourMs,
        appliedJournal,
        frame: bytes.subarray(offset, offset + length),
      }));
  }

  /** Reads the index of a resolution. Of two files of one slice the newer is whole: it was renamed into place. */
  #load(resolution: Resolution): Map<number, Slice> {
    const folder = join(this.#folder, resolution.name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const slices = new Map<number, Slice>();
    for (const name of readdirSync(folder)) {
      const match = NAME.exec(name);
      if (match === null) {
        rmSync(join(folder, name), { force: true });
        continue;
      }
      const slice = loadSlice(resolution, join(folder, name), Number(match[1]), Number(match[2]));
      this.#generation = Math.max(this.#generation, slice.generation);
      const other = slices.get(slice.startMs);
      const [newer, older] =
        other !== undefined && other.generation > slice.generation ? [other, slice] : [slice, other];
      slices.set(slice.startMs, newer);
      if (older !== undefined) rmSync(older.path, { force: true });
    }
    return slices;
  }
}

function loadSlice(resolution: Resolution, path: string, startMs: number, generation: number): Slice {
  const bytes = statSync(path).size;
  const blocks: BlockEntry[] = [];
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(FRAME_HEADER_BYTES + META_BYTES);
    for (let offset = 0; offset < bytes;) {
      const read = readSync(file, head, 0, head.length, offset);
      const entry = readEntry(head.subarray(0, read), offset, bytes);
      if (entry === null) break;
      blocks.push(entry);
      offset += entry.length;
    }
  } finally {
    closeSync(file);
  }
  return { resolution, startMs, generation, path, bytes, blocks };
}

function readEntry(head: Buffer, offset: number, fileBytes: number): BlockEntry | null {
  if (head.length < FRAME_HEADER_BYTES) return null;
  const length = FRAME_HEADER_BYTES + head.readUInt32LE(0);
  if (length > MAX_FRAME_BYTES || offset + length > fileBytes) return null;
  try {
    const { meta } = decodeBlockMeta(head.subarray(FRAME_HEADER_BYTES));
    return { offset, length, hourMs: Number(meta['hour_ms']), appliedJournal: Number(meta['applied_journal']) };
  } catch {
    // Damaged: this block and what follows it are a gap, and the rest of the file still counts.
    return null;
  }
}

function layOut(frames: readonly { hourMs: number; appliedJournal: number; frame: Uint8Array }[]) {
  let bytes = 0;
  const blocks = frames.map(({ hourMs, appliedJournal, frame }) => {
    const entry = { hourMs, appliedJournal, offset: bytes, length: frame.length };
    bytes += frame.length;
    return entry;
  });
  return { bytes, blocks };
}

async function readRange(path: string, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(to - from);
  const file = await open(path, 'r');
  try {
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await file.read(bytes, done, bytes.length - done, from + done);
      if (bytesRead === 0) return bytes.subarray(0, done);
      done += bytesRead;
    }
  } finally {
    await file.close();
  }
  return bytes;
}

async function writeDurably(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    const file = await open(temporary, 'w', 0o600);
    try {
      for (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(join(path, '..'));
}

/** Hours are the unit of blocks, whatever the resolution. */
export const hourOf = (instantMs: number): number => floorTo(instantMs, BLOCK_MS);
