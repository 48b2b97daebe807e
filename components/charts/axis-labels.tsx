import { dateFormat } from '#lib/format/intl-cache.ts';
import { formatClock, type TimeStyle } from '#lib/format/time.ts';
import type { Span } from '#lib/time-range/time-range.ts';
import { wallTimeOf } from '#lib/time-range/zoned-time.ts';
import { type PlotGeometry, xOf, yOf } from './plot-geometry.ts';

const LABEL = 'absolute text-2xs whitespace-nowrap text-faint';
const HALF_LABEL_PX = 16;

/** The unit stands at the top value, once. */
export function ValueLabels({
  geometry,
  ticks,
  format,
}: {
  geometry: PlotGeometry;
  ticks: readonly number[];
  format: (value: number, isTop: boolean) => string;
}) {
  return ticks.map((tick, index) => (
    <span key={tick} className={`${LABEL} end-full -translate-y-1/2 pe-2`} style={{ top: yOf(geometry, tick) }}>
      {format(tick, index === ticks.length - 1)}
    </span>
  ));
}

/** Labels at the ends stay inside the plot. */
export function TimeLabels({
  geometry,
  ticks,
  style,
}: {
  geometry: PlotGeometry;
  ticks: readonly number[];
  style: TimeStyle;
}) {
  return ticks.map((at) => {
    const left = Math.min(Math.max(xOf(geometry, at), HALF_LABEL_PX), geometry.width - HALF_LABEL_PX);
    return (
      <span key={at} className={`${LABEL} top-full -translate-x-1/2 pt-1`} style={{ left }}>
        {formatTimeTick(at, geometry.span, style)}
      </span>
    );
  });
}

/** The clock within a day; at midnights of longer ranges, the day. */
function formatTimeTick(at: number, { fromMs, toMs }: Span, style: TimeStyle): string {
  const wall = wallTimeOf(at, style.timeZone);
  const isMidnight = wall.hour === 0 && wall.minute === 0;
  if (!isMidnight || toMs - fromMs < 3_600_000) return formatClock(at, style);
  return dateFormat(style.locale, { timeZone: style.timeZone, day: 'numeric', month: 'short' }).format(at);
}
