import { wallTimeOf } from '#lib/time-range/zoned-time.ts';
import type { Span } from '#lib/time-range/time-range.ts';

/** Round values from 0 up to at least `max`, at most `count` steps: 1, 2, 2.5 or 5 times a power of ten. */
export function valueTicks(max: number, count = 4): number[] {
  if (!(max > 0)) return [0, 1];
  const rough = max / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough * (1 - 1e-9)) ?? rough;
  const steps = Math.ceil(max / step - 1e-9);
  return Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** As `valueTicks`, for counts: no fractions. */
export function countTicks(max: number, count = 4): number[] {
  if (max <= count) return Array.from({ length: Math.max(1, Math.ceil(max)) + 1 }, (_, index) => index);
  return valueTicks(max, count).every((tick) => Number.isInteger(tick))
    ? valueTicks(max, count)
    : valueTicks(max, count - 1).map(Math.ceil);
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  14 * DAY,
];

/** Instants at round clock times of a zone, at most `count`; those of days stand at midnights. */
export function timeTicks({ fromMs, toMs }: Span, count: number, timeZone: string): number[] {
  const length = toMs - fromMs;
  const step = TIME_STEPS.find((one) => length / one <= count) ?? 30 * DAY;
  const offset = zoneOffset(fromMs, timeZone);
  const ticks: number[] = [];
  for (let wall = Math.ceil((fromMs + offset) / step) * step; ticks.length <= count + 1; wall += step) {
    // Across a clock change the offset differs; one correction lands on the wall time that is meant.
    const at = wall - zoneOffset(wall - offset, timeZone);
    if (at > toMs) break;
    if (at >= fromMs) ticks.push(at);
  }
  return ticks;
}

/** Milliseconds that clocks of a zone are ahead of UTC. */
function zoneOffset(at: number, timeZone: string): number {
  const wall = wallTimeOf(at, timeZone);
  return (
    Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second) - Math.floor(at / 1000) * 1000
  );
}
