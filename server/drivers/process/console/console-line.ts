import type { ConsoleLine, LogStream } from '../../runtime-driver.ts';

/** How far the raw output of an instance has been taken over, in bytes of each raw file. */
export interface RawPosition {
  stdout: number;
  stderr: number;
}

export interface StampedLine extends ConsoleLine {
  position: RawPosition;
}

const STREAM_LETTERS = { stdout: 'O', stderr: 'E', system: 'S' } as const satisfies Record<LogStream, string>;
const STREAMS: Record<string, LogStream> = { O: 'stdout', E: 'stderr', S: 'system' };
const LINE_PATTERN = /^(\d+) (\S+) ([OES]) (\d+) (\d+) ?/;

/**
 * One line of a segment: `<cursor> <time> <O|E|S> <bytes of stdout> <bytes of stderr> <text>`. The two positions make collection exactly-once:
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
  return {
    cursor,
    at,
    instanceId,
    stream,
    text: line.slice(whole.length),
    position: { stdout: Number(stdout), stderr: Number(stderr) },
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
