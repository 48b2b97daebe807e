import { shownText } from '../console/split-lines.ts';

/** One line that a program wrote, with the instant at which the engine took it. */
export interface EngineLogLine {
  stream: 'stdout' | 'stderr';
  /** Nanoseconds since the epoch. */
  ns: bigint;
  text: string;
}

const HEADER_BYTES = 8;
const STDERR = 2;

/**
 * Takes the engine's multiplexed output apart: each frame is a byte that names the stream, three of nothing, the length as 32 bits, highest byte first,
 * and a time with a line (Docker Engine API, "Attach to a container", stream format). Longer lines come in parts, each a line of its own here.
 */
export function createFrameParser(): { push(chunk: Buffer): EngineLogLine[] } {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const lines: EngineLogLine[] = [];
      let at = 0;
      while (data.length - at >= HEADER_BYTES) {
        const end = at + HEADER_BYTES + data.readUInt32BE(at + 4);
        if (data.length < end) break;
        const line = parseFrame(
          data[at] === STDERR ? 'stderr' : 'stdout',
          data.toString('utf8', at + HEADER_BYTES, end),
        );
        if (line !== null) lines.push(line);
        at = end;
      }
      rest = Buffer.from(data.subarray(at));
      return lines;
    },
  };
}

function parseFrame(stream: EngineLogLine['stream'], payload: string): EngineLogLine | null {
  const space = payload.indexOf(' ');
  const ns = space < 0 ? null : parseEngineTime(payload.slice(0, space));
  if (ns === null) return null;
  return { stream, ns, text: shownText(payload.slice(space + 1).replace(/\n$/, '')) };
}

/** RFC 3339 with up to nine digits of a second. */
export function parseEngineTime(text: string): bigint | null {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text);
  if (found === null) return null;
  return BigInt(Date.parse(`${found[1]}Z`)) * 1_000_000n + BigInt((found[2] ?? '').padEnd(9, '0'));
}

/** As the engine reads instants: `<seconds>.<nanoseconds>`. */
export function formatEngineTime(ns: bigint): string {
  return `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}`;
}
