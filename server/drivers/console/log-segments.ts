import { appendFile, mkdir, readFile, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsoleLine } from '../runtime-driver.ts';
import { formatLine, FROM_THE_START, isAfter, parseLine, type RawPosition, type StampedLine } from './console-line.ts';

export interface SegmentLimits {
  segmentBytes: number;
  /** Segments kept of one instance, the one being written included. */
  segments: number;
}

export const DEFAULT_SEGMENT_LIMITS: SegmentLimits = { segmentBytes: 2 * 1024 * 1024, segments: 8 };

const CURRENT = 'console.log';

/** The stamped console log of one instance: `console.log` is written, `console.log.1` is the one before it, and so on. */
export interface LogSegments {
  /** Where collection stopped; also mends a line that a kill cut short. Call once before appending. */
  open(): Promise<{ position: RawPosition; cursor: string | null }>;
  append(lines: readonly StampedLine[]): Promise<void>;
}

export function createLogSegments(folder: string, instanceId: string, limits = DEFAULT_SEGMENT_LIMITS): LogSegments {
  const current = join(folder, CURRENT);
  let size = 0;

  async function open(): Promise<{ position: RawPosition; cursor: string | null }> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    size = await dropTornLine(current);
    const last = (await newestLines(folder, instanceId, { tail: 1 }))[0];
    return { position: last?.position ?? FROM_THE_START, cursor: last?.cursor ?? null };
  }

  async function append(lines: readonly StampedLine[]): Promise<void> {
    const text = lines.map(formatLine).join('');
    if (text === '') return;
    if (size >= limits.segmentBytes) await rotate();
    await appendFile(current, text, { mode: 0o600 });
    size += Buffer.byteLength(text);
  }

  /** Oldest first, so that a kill in between leaves a gap in the numbers and never loses a segment that should stay. */
  async function rotate(): Promise<void> {
    const name = (index: number): string => (index === 0 ? current : `${current}.${index}`);
    await rm(name(limits.segments - 1), { force: true });
    for (let index = limits.segments - 2; index >= 0; index -= 1) {
      await rename(name(index), name(index + 1)).catch(ignoreMissing);
    }
    size = 0;
  }

  return { open, append };
}

export interface ReadLimits {
  tail: number;
  /** RFC 3339; lines at or after it. */
  since?: string | undefined;
  /** Lines after this cursor. */
  after?: string | undefined;
}

/** The newest lines of one instance, oldest first. Reads no more segments than it needs. */
export async function newestLines(folder: string, instanceId: string, limits: ReadLimits): Promise<StampedLine[]> {
  const since = limits.since === undefined ? null : Date.parse(limits.since);
  const wanted = (line: ConsoleLine): boolean =>
    (limits.after === undefined || isAfter(line.cursor, limits.after)) &&
    (since === null || Date.parse(line.at) >= since);
  let found: StampedLine[] = [];
  for (const path of await segmentPaths(folder)) {
    const lines = parseSegment(instanceId, await readFile(path, 'utf8').catch(() => ''));
    found = [...lines.filter(wanted), ...found];
    const first = lines[0];
    if (found.length >= limits.tail || (first !== undefined && !wanted(first))) break;
  }
  return found.slice(-limits.tail);
}

/** Newest first. */
async function segmentPaths(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name === CURRENT || /^console\.log\.\d+$/.test(name))
    .toSorted((a, b) => Number(a.slice(CURRENT.length + 1)) - Number(b.slice(CURRENT.length + 1)))
    .map((name) => join(folder, name));
}

function parseSegment(instanceId: string, text: string): StampedLine[] {
  const lines: StampedLine[] = [];
  for (const raw of text.split('\n')) {
    const line = parseLine(instanceId, raw);
    if (line !== null) lines.push(line);
  }
  return lines;
}

/** Cuts a last line without its end off; returns the size that is left. */
async function dropTornLine(path: string): Promise<number> {
  const content = await readFile(path).catch(() => null);
  if (content === null) return 0;
  const whole = content.lastIndexOf(0x0a) + 1;
  if (whole < content.length) await truncate(path, whole);
  return (await stat(path)).size;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
