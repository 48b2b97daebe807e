import type { ConsoleLine, LogStream } from '../runtime-driver.ts';

/**
 * How far the output of an instance has been taken over, as decimal digits in the measure of where it comes from: bytes of a raw file, or nanoseconds
 * since the epoch of an engine's log.
 */
export interface RawPosition {
  stdout: string;
  stderr: string;
}

/** Nothing taken yet. */
export const FROM_THE_START: RawPosition = { stdout: '0', stderr: '0' };

export interface StampedLine extends ConsoleLine {
  position: RawPosition;
}

const STREAM_LETTERS = { stdout: 'O', stderr: 'E', system: 'S' } as const satisfies Record<LogStream, string>;
const STREAMS: Record<string, LogStream> = { O: 'stdout', E: 'stderr', S: 'system' };
const LINE_PATTERN = /^(\d+) (\S+) ([OES]) (\d+) (\d+) ?/;

/**
 * One line of a segment: `<cursor> <time> <O|E|S> <position of stdout> <position of stderr> <text>`. The two positions make collection exactly-once:
 * a collector that starts anew reads from its own last line where to go on.
 */
export function formatLine(line: Omit<StampedLine, 'instanceId'>): string {
  const { stdout, stderr } = line.position;
  return `${line.cursor} ${line.at} ${STREAM_LETTERS[line.stream]} ${stdout} ${stderr} ${line.text.replaceAll('\n', ' ')}\n`;
}

export function parseLine(instanceId: string, line: string): StampedLine | null {
  const found = LINE_PATTERN.exec(line);
  const [whole, cursor, at, letter, stdout, stderr] = found ?? [];
  const stream = STREAMS[letter ?? ''];
  if (whole === undefined || cursor === undefined || at === undefined || stream === undefined) return null;
  if (stdout === undefined || stderr === undefined) return null;
  return {
    cursor,
    at,
    instanceId,
    stream,
    text: line.slice(whole.length),
    position: { stdout, stderr },
  };
}

/** Cursors are decimal numbers of any length; true when `a` comes after `b`. */
export function isAfter(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}

/**
 * Makes cursors: microseconds of wall time, pushed forward where the clock stands still or goes back, so that they rise over all instances of
 * a driver and one cursor resumes a merged stream.
 */
export function createCursorSource(now: () => number): { next(): string; atLeast(cursor: string): void } {
  let last = 0;
  return {
    next() {
      last = Math.max(last + 1, Math.floor(now() * 1000));
      return String(last);
    },
    atLeast(cursor) {
      last = Math.max(last, Number(cursor));
    },
  };
}
