import { formatInstant, type Clock } from '#server/kernel/clock.ts';
import { FROM_THE_START, type RawPosition, type StampedLine } from '../console/console-line.ts';
import type { LogSegments } from '../console/log-segments.ts';
import { type ConsoleLine, DriverUnavailableError } from '../runtime-driver.ts';
import { pause } from '../supervision/pause.ts';
import { type Engine, EngineRefusalError } from './engine.ts';
import { createFrameParser, type EngineLogLine, formatEngineTime } from './log-frames.ts';

/** After a stream has ended and the container has not. */
const FOLLOW_AGAIN_MS = 500;

/** The engine's two readers of a container may be this far apart: lines of one stream can be dated before ones of the other that came first. */
const OVERLAP_NS = 1_000_000_000n;

export interface ContainerConsoleOptions {
  instanceId: string;
  engine: Pick<Engine, 'logs'>;
  segments: LogSegments;
  clock: Clock;
  cursors: { next(): string; atLeast(cursor: string): void };
  onLine: (line: ConsoleLine) => void;
  onError: (error: unknown) => void;
}

/**
 * Takes over what the containers of an instance wrote from the engine's log into stamped segments. Each line is kept with the engine's own time, in
 * nanoseconds, so that whoever follows anew asks from there and drops what is there already.
 */
export interface ContainerConsole {
  open(): Promise<void>;
  /** A line of the driver's own among the instance's. */
  note(text: string): Promise<void>;
  /** The same, before anything of a container that has just been made. */
  begin(text: string): Promise<void>;
  /** Takes lines over as they come, until `finish` or `stop`. */
  follow(containerId: string): void;
  /** The container has ended: takes over what is left. */
  finish(containerId: string): Promise<void>;
  stop(): Promise<void>;
}

export function createContainerConsole(options: ContainerConsoleOptions): ContainerConsole {
  const { engine, segments, clock, cursors } = options;
  let position: RawPosition = FROM_THE_START;
  /** The parts of a long line have one time: so many with the newest time of each stream are kept. Of what an earlier process kept, all. */
  let keptParts = { stdout: Infinity, stderr: Infinity };
  let following: AbortController | null = null;
  let followed: Promise<void> = Promise.resolve();
  let turn: Promise<void> = Promise.resolve();

  /** One at a time: positions move with the lines that were written. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    turn = turn.then(work).catch(options.onError);
    return turn;
  }

  async function take(containerId: string, follow: boolean, signal: AbortSignal): Promise<void> {
    const taken = { stdout: BigInt(position.stdout), stderr: BigInt(position.stderr) };
    const newest = taken.stdout > taken.stderr ? taken.stdout : taken.stderr;
    const since = formatEngineTime(newest > OVERLAP_NS ? newest - OVERLAP_NS : 0n);
    const stream = await engine.logs(containerId, { follow, since }, signal);
    const parser = createFrameParser();
    const known = { ...keptParts };
    const isFresh = ({ stream: name, ns }: EngineLogLine): boolean => {
      if (ns !== taken[name]) return ns > taken[name];
      known[name] -= 1;
      return known[name] < 0;
    };
    try {
      for await (const chunk of stream) {
        const fresh = parser.push(chunk as Buffer).filter(isFresh);
        await inTurn(() => write(fresh.map(stamp)));
      }
    } finally {
      stream.destroy();
    }
  }

  function stamp({ stream, ns, text }: EngineLogLine): StampedLine {
    const isPart = position[stream] === String(ns);
    keptParts = { ...keptParts, [stream]: isPart ? keptParts[stream] + 1 : 1 };
    position = { ...position, [stream]: String(ns) };
    return lineOf(stream, formatInstant(Number(ns / 1_000_000n)), text);
  }

  function lineOf(stream: StampedLine['stream'], at: string, text: string): StampedLine {
    return { cursor: cursors.next(), at, instanceId: options.instanceId, stream, text, position };
  }

  async function write(lines: readonly StampedLine[]): Promise<void> {
    if (lines.length === 0) return;
    await segments.append(lines);
    for (const { position: _position, ...line } of lines) options.onLine(line);
  }

  async function followUntilAborted(containerId: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // A stream that breaks is followed anew; whether the container or the engine is gone is for others to find out.
      await take(containerId, true, signal).catch((error: unknown) => {
        if (!signal.aborted && !isExpected(error)) options.onError(error);
      });
      await pause(FOLLOW_AGAIN_MS, signal).catch(() => undefined);
    }
  }

  async function unfollow(): Promise<void> {
    following?.abort();
    following = null;
    await followed;
    await turn;
  }

  return {
    async open() {
      const resumed = await segments.open();
      position = resumed.position;
      if (resumed.cursor !== null) cursors.atLeast(resumed.cursor);
    },
    note: (text) => inTurn(() => write([lineOf('system', formatInstant(clock.now()), text)])),
    begin: (text) =>
      inTurn(() => {
        position = FROM_THE_START;
        return write([lineOf('system', formatInstant(clock.now()), text)]);
      }),
    follow(containerId) {
      following?.abort();
      following = new AbortController();
      followed = followUntilAborted(containerId, following.signal);
    },
    async finish(containerId) {
      await unfollow();
      try {
        await take(containerId, false, new AbortController().signal);
      } catch (error) {
        // Removed by somebody else, and its log with it.
        if (!(error instanceof EngineRefusalError)) throw error;
      }
    },
    async stop() {
      await unfollow();
    },
  };
}

function isExpected(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  const isCut = code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
  return isCut || error instanceof DriverUnavailableError || error instanceof EngineRefusalError;
}
