import { execFile } from 'node:child_process';
import { watch, type FSWatcher } from 'node:fs';
import { open, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '#server/kernel/clock.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import type { ConsoleLine, LogStream } from '../runtime-driver.ts';
import type { StampedLine } from '../console/console-line.ts';
import type { LogSegments } from '../console/log-segments.ts';
import { splitLines } from '../console/split-lines.ts';

const READ_BYTES = 256 * 1024;

/** Raw output that has been taken over is given back to the disk when this much of it has gathered. */
const RELEASE_BYTES = 8 * 1024 * 1024;

/** Writes that come together are taken over together. */
const GATHER_MS = 20;

/** A file watcher is a hint: it may be missing (inotify's limits) or miss something. */
const SAFETY_POLL_MS = 1_000;

/** Of each raw file. */
interface ByteCounts {
  stdout: number;
  stderr: number;
}

export interface ConsoleCollectorOptions {
  instanceId: string;
  files: { stdout: string; stderr: string };
  segments: LogSegments;
  clock: Clock;
  cursors: { next(): string; atLeast(cursor: string): void };
  onLine: (line: ConsoleLine) => void;
  onError: (error: unknown) => void;
}

/**
 * Takes over what an instance wrote to its raw files into stamped segments. The raw files belong to the instance, which appends to them whether
 * or not anybody collects: that is what lets it outlive this process.
 */
export interface ConsoleCollector {
  start(): Promise<void>;
  /** A line of the driver's own among the instance's. */
  note(text: string): Promise<void>;
  /** Takes over everything written so far; `final` also the end without a newline, because the program has ended. */
  collect(final?: boolean): Promise<void>;
  stop(): Promise<void>;
}

export function createConsoleCollector(options: ConsoleCollectorOptions): ConsoleCollector {
  const { files, segments, clock, cursors } = options;
  let position: ByteCounts = { stdout: 0, stderr: 0 };
  let released: ByteCounts = { stdout: 0, stderr: 0 };
  let watcher: FSWatcher | null = null;
  let gather: NodeJS.Timeout | null = null;
  let poll: NodeJS.Timeout | null = null;
  let turn: Promise<void> = Promise.resolve();

  /** One at a time: positions move with the lines that were written. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    turn = turn.then(work).catch(options.onError);
    return turn;
  }

  async function start(): Promise<void> {
    const resumed = await segments.open();
    position = { stdout: Number(resumed.position.stdout), stderr: Number(resumed.position.stderr) };
    released = { ...position };
    if (resumed.cursor !== null) cursors.atLeast(resumed.cursor);
    try {
      watcher = watch(dirname(files.stdout), { persistent: false }, schedule);
      watcher.on('error', () => watcher?.close());
    } catch (error) {
      // Out of inotify watches: the poll below is slower, not wrong.
      options.onError(error);
    }
    poll = setInterval(() => void collect(), SAFETY_POLL_MS);
    await collect();
  }

  function schedule(): void {
    gather ??= setTimeout(() => {
      gather = null;
      void collect();
    }, GATHER_MS);
  }

  const collect = (final = false): Promise<void> =>
    inTurn(async () => {
      await takeOver('stdout', final);
      await takeOver('stderr', final);
    });

  async function takeOver(stream: 'stdout' | 'stderr', final: boolean): Promise<void> {
    const file = await open(files[stream], 'r').catch(() => null);
    if (file === null) return;
    try {
      const size = (await file.stat()).size;
      if (size < position[stream]) position = { ...position, [stream]: 0 };
      const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, Math.max(1, size - position[stream])));
      while (position[stream] < size) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, position[stream]);
        const atEnd = position[stream] + bytesRead >= size;
        if (bytesRead === 0 || !(await stampChunk(stream, buffer.subarray(0, bytesRead), final && atEnd))) break;
      }
      if (position[stream] - released[stream] >= RELEASE_BYTES) await release(stream);
    } finally {
      await file.close();
    }
  }

  /** Returns whether the position moved: an unfinished line waits for more. */
  async function stampChunk(stream: 'stdout' | 'stderr', chunk: Buffer, final: boolean): Promise<boolean> {
    const start = position[stream];
    const { lines } = splitLines(chunk, final);
    const stamped = lines.map(({ text, end }) => {
      position = { ...position, [stream]: start + end };
      return stamp(stream, text);
    });
    await write(stamped);
    return stamped.length > 0;
  }

  function stamp(stream: LogStream, text: string): StampedLine {
    const at = formatInstant(clock.now());
    const taken = { stdout: String(position.stdout), stderr: String(position.stderr) };
    return { cursor: cursors.next(), at, instanceId: options.instanceId, stream, text, position: taken };
  }

  async function write(lines: readonly StampedLine[]): Promise<void> {
    if (lines.length === 0) return;
    await segments.append(lines);
    for (const { position: _position, ...line } of lines) options.onLine(line);
  }

  /**
   * Gives the disk space of collected output back. A hole leaves the file's length and so everybody's offsets as they are and loses nothing
   * that is written meanwhile; where there are no holes the file is cut, which can lose what was written since it was last looked at.
   */
  async function release(stream: 'stdout' | 'stderr'): Promise<void> {
    const length = position[stream];
    released = { ...released, [stream]: length };
    try {
      await promisify(execFile)('fallocate', ['--punch-hole', '--offset', '0', '--length', `${length}`, files[stream]]);
    } catch {
      await truncate(files[stream], 0);
      position = { ...position, [stream]: 0 };
      released = { ...released, [stream]: 0 };
    }
  }

  return {
    start,
    collect,
    note: (text) => inTurn(() => write([stamp('system', text)])),
    async stop() {
      watcher?.close();
      if (gather !== null) clearTimeout(gather);
      if (poll !== null) clearInterval(poll);
      await turn;
    },
  };
}
