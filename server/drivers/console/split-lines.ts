/** Longest line kept whole, in bytes; what is longer becomes several lines. */
export const MAX_LINE_BYTES = 16 * 1024;

const LINE_FEED = 0x0a;

export interface SplitResult {
  /** Each line with the number of bytes of the chunk up to and with its end. */
  lines: { text: string; end: number }[];
  /** Bytes at the end of the chunk that are not a whole line yet. */
  rest: number;
}

/**
 * Cuts console output into lines. A carriage return inside a line starts it over, as on a terminal, so that a progress bar leaves its last
 * state and not a thousand. With `final` the unfinished end is a line too, for no more will come.
 */
export function splitLines(chunk: Buffer, final: boolean): SplitResult {
  const lines: SplitResult['lines'] = [];
  let start = 0;
  while (start < chunk.length) {
    const feed = chunk.indexOf(LINE_FEED, start);
    const stop = feed >= 0 ? feed : chunk.length;
    if (stop - start > MAX_LINE_BYTES) {
      const cut = characterBoundary(chunk, start, start + MAX_LINE_BYTES);
      lines.push({ text: lineText(chunk, start, cut), end: cut });
      start = cut;
      continue;
    }
    if (feed < 0 && !final) break;
    const end = feed >= 0 ? feed + 1 : chunk.length;
    lines.push({ text: lineText(chunk, start, stop), end });
    start = end;
  }
  return { lines, rest: chunk.length - start };
}

function lineText(chunk: Buffer, start: number, stop: number): string {
  return shownText(chunk.toString('utf8', start, stop));
}

/** What a terminal shows of a line in the end. */
export function shownText(line: string): string {
  const text = line.replace(/\r+$/, '');
  return text.slice(text.lastIndexOf('\r') + 1);
}

/** The last position at or before `wanted` that does not cut a UTF-8 sequence; bytes 10xxxxxx continue one (RFC 3629). */
function characterBoundary(chunk: Buffer, start: number, wanted: number): number {
  let cut = wanted;
  while (cut > start + 1 && wanted - cut < 3 && ((chunk[cut] ?? 0) & 0xc0) === 0x80) cut -= 1;
  return ((chunk[cut] ?? 0) & 0xc0) === 0x80 ? wanted : cut;
}
