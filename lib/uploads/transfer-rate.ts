/** How fast bytes went lately and how long the rest takes at that speed; null until there is enough to tell. */
export interface TransferRate {
  bytesPerSecond: number;
  secondsLeft: number;
}

interface Point {
  atMs: number;
  bytes: number;
}

const WINDOW_MS = 8_000;
const MIN_SPAN_MS = 1_000;

/** Measures over a sliding window, so that a pause or a change of network shows within seconds and one slow chunk does not. */
export function createRateMeter(): (atMs: number, sentBytes: number, totalBytes: number) => TransferRate | null {
  let points: Point[] = [];
  return (atMs, sentBytes, totalBytes) => {
    const last = points.at(-1);
    // A connection that was lost goes on from what the server has: less than was sent.
    if (last && sentBytes < last.bytes) points = [];
    points = [...points.filter((point) => point.atMs > atMs - WINDOW_MS), { atMs, bytes: sentBytes }];
    const first = points[0]!;
    const spanMs = atMs - first.atMs;
    const moved = sentBytes - first.bytes;
    if (spanMs < MIN_SPAN_MS || moved <= 0) return null;
    const bytesPerSecond = (moved / spanMs) * 1_000;
    return { bytesPerSecond, secondsLeft: (totalBytes - sentBytes) / bytesPerSecond };
  };
}
