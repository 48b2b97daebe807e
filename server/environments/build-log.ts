import { mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BuildLogLine } from '#server/domain/environment-build.ts';
import { formatInstant, type Clock } from '#server/kernel/clock.ts';

/** A package manager that repeats itself must not fill the disk: beyond this only the newest lines are kept, and are added at the end. */
const MAX_LOG_BYTES = 16 * 2 ** 20;
const MAX_LINE_CHARACTERS = 8192;
const TAIL_LINES = 200;

/** What is written while a build runs. Every line is stamped; `flush` resolves when all that was written is in the file. */
export interface BuildLogWriter {
  /** One or more lines; what a terminal would have overwritten (`\r`) is left out. */
  write(text: string): void;
  /** Newest lines, oldest first. */
  tail(count: number): string[];
  flush(): Promise<void>;
  /** Writes what is still missing and makes it durable. */
  close(): Promise<void>;
}

export interface BuildLogOptions {
  path: string;
  clock: Clock;
  /** Values that never appear in the log. */
  secrets: readonly string[];
  /** Called when lines have reached the file. */
  onWritten: () => void;
  /** A log that cannot be written (full disk) does not end the build. */
  onError: (error: unknown) => void;
}

/** Begins an empty log. Each line of the file is an instant, a space, and the text. */
export async function createBuildLog(options: BuildLogOptions): Promise<BuildLogWriter> {
  await mkdir(dirname(options.path), { recursive: true, mode: 0o700 });
  await rm(options.path, { force: true });
  const file = await open(options.path, 'a', 0o600);
  const secrets = options.secrets.filter((secret) => secret !== '');
  const newest: string[] = [];
  let pending: string[] = [];
  let overflow: string[] | null = null;
  let bytes = 0;
  let closing = false;
  let writing = Promise.resolve();

  function add(line: string): void {
    if (overflow !== null) {
      overflow.push(line);
      if (overflow.length > TAIL_LINES) overflow.shift();
      return;
    }
    bytes += Buffer.byteLength(line);
    if (pending.length === 0) writing = writing.then(append);
    pending.push(line);
    if (bytes > MAX_LOG_BYTES && !closing) overflow = [];
  }

  async function append(): Promise<void> {
    const lines = pending;
    pending = [];
    try {
      await file.appendFile(lines.join(''));
    } catch (error) {
      options.onError(error);
    }
    options.onWritten();
  }

  function write(text: string): void {
    for (const line of cleanLines(text, secrets)) {
      newest.push(line);
      if (newest.length > TAIL_LINES) newest.shift();
      add(`${formatInstant(options.clock.now())} ${line}\n`);
    }
  }

  return {
    write,
    tail: (count) => newest.slice(-count),
    flush: () => writing,
    async close() {
      closing = true;
      const left = overflow ?? [];
      overflow = null;
      if (left.length > 0) write('The log is too long to be kept whole; its last lines follow.');
      for (const line of left) add(line);
      await writing;
      await file
        .sync()
        .catch(options.onError)
        .finally(() => file.close());
    },
  };
}

/** Text of a program as lines that are safe in a file of lines: no secrets, no control characters but tab and escape, bounded. */
function cleanLines(text: string, secrets: readonly string[]): string[] {
  return text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map((line) => {
      const shown = line.slice(line.replace(/\r+$/, '').lastIndexOf('\r') + 1);
      // eslint-disable-next-line no-control-regex
      const printable = shown.replaceAll(/[\0-\x08\x0a-\x1a\x1c-\x1f\x7f]/g, '');
      const cut = printable.length > MAX_LINE_CHARACTERS ? `${printable.slice(0, MAX_LINE_CHARACTERS)} …` : printable;
      return secrets.reduce((line, secret) => line.replaceAll(secret, '***'), cut);
    });
}

/** Where a reader of a log stands. A log that was begun anew has another `began`, and is read from its start. */
export interface LogPosition {
  began: number;
  line: number;
  offset: number;
}

/** `null` and what this function did not write mean the start. */
export function parseCursor(cursor: string | null, began: number): LogPosition {
  const match = /^(\d+)-(\d+)-(\d+)$/.exec(cursor ?? '');
  if (match === null || Number(match[1]) !== began) return { began, line: 0, offset: 0 };
  return { began, line: Number(match[2]), offset: Number(match[3]) };
}

/** Whole lines after a position; none where there is no log yet. The cursor of each line resumes behind it. */
export async function readLogLines(path: string, from: LogPosition): Promise<BuildLogLine[]> {
  const bytes = await readFrom(path, from.offset);
  const lines: BuildLogLine[] = [];
  let position = from;
  for (let start = 0, end = bytes.indexOf(10); end !== -1; start = end + 1, end = bytes.indexOf(10, start)) {
    const line = bytes.toString('utf8', start, end);
    const space = line.indexOf(' ');
    position = { began: from.began, line: position.line + 1, offset: from.offset + end + 1 };
    lines.push({
      cursor: `${position.began}-${position.line}-${position.offset}`,
      at: line.slice(0, space),
      text: line.slice(space + 1),
    });
  }
  return lines;
}

async function readFrom(path: string, offset: number): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size <= offset) return Buffer.alloc(0);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - offset), 0, size - offset, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
