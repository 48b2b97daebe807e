import { figureText } from '#lib/format/figure.ts';
import { formatClock, type TimeStyle } from '#lib/format/time.ts';
import type { ChartBand, ChartSeries, FormatValue, TimeGrid } from './chart-series.ts';
import { bucketStart, statsOf } from './time-grid.ts';

/** What the chart shows, in sentences, for those who do not see it. */
export function summarise(
  grid: TimeGrid,
  series: readonly ChartSeries[],
  gaps: readonly ChartBand[],
  format: FormatValue,
  style: TimeStyle,
): string {
  const end = bucketStart(grid, grid.count);
  const range = `From ${formatClock(grid.startMs, style)} to ${formatClock(end, style)}.`;
  const lines = series.map((one) => {
    const { last, min, max } = statsOf(grid, one);
    if (last === null) return `${one.label}: nothing measured.`;
    const peak = one.values.findIndex((value) => value !== null && value === max);
    const at = peak === -1 ? '' : ` at ${formatClock(bucketStart(grid, peak), style)}`;
    return `${one.label}: last ${figureText(format(last))}, lowest ${figureText(format(min))}, highest ${figureText(format(max))}${at}.`;
  });
  const missing =
    gaps.length === 0
      ? ''
      : `No data ${gaps.map(({ fromMs, toMs }) => `${formatClock(fromMs, style)} to ${formatClock(toMs, style)}`).join(', ')}.`;
  return [range, ...lines, missing].filter(Boolean).join(' ');
}

/** Values of one bucket in words: what the arrow keys say. */
export function sayBucket(
  grid: TimeGrid,
  index: number,
  series: readonly ChartSeries[],
  format: FormatValue,
  style: TimeStyle,
): string {
  const values = series.map(({ label, values }) => {
    const value = values[index] ?? null;
    return `${label} ${value === null ? 'no value' : figureText(format(value))}`;
  });
  return `${formatClock(bucketStart(grid, index), style)}, ${values.join(', ')}`;
}
