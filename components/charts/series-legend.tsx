'use client';

import { useTimeStyle } from '#components/layout/preferences.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import { formatClock, formatClockSeconds, formatDay, type TimeStyle } from '#lib/format/time.ts';
import type { ChartSeries, FormatValue, TimeGrid } from './chart-series.ts';
import { useCrosshairState } from './crosshair.ts';
import { SeriesMark } from './series-mark.tsx';
import { bucketAt, bucketStart, statsOf } from './time-grid.ts';

export interface SeriesLegendProps {
  label: string;
  grid: TimeGrid;
  /** All series of the chart, also those that are switched off. */
  series: readonly ChartSeries[];
  hidden: ReadonlySet<string>;
  format: FormatValue;
  /** Percentiles have no mean. */
  hasMean: boolean;
  /** Where it is not the reader's. */
  timeZone?: string | undefined;
  /** A press shows one series alone, with Shift it switches one on or off. */
  onPress: (id: string, only: boolean) => void;
}

/** The legend is a table: what a series is at the crosshair, last, on average and at most. */
export function SeriesLegend({ label, grid, series, hidden, format, hasMean, timeZone, onPress }: SeriesLegendProps) {
  const { at } = useCrosshairState();
  const ownStyle = useTimeStyle();
  const style = { ...ownStyle, timeZone: timeZone ?? ownStyle.timeZone };
  const index = at === null ? null : bucketAt(grid, at);
  return (
    <table className="mt-1.5 ms-11 w-[calc(100%-52px)] table-fixed text-xs">
      <caption className="sr-only">{label}</caption>
      <thead>
        <tr className="h-6.5 text-muted [&>th]:font-normal">
          <th scope="col" className="text-start">
            Series
          </th>
          <th scope="col" className="w-[19%] text-end">
            {index === null ? <span className="text-faint">at cursor</span> : sayBucketStart(grid, index, style)}
          </th>
          <th scope="col" className="w-[19%] text-end">
            Last
          </th>
          {hasMean ? (
            <th scope="col" className="w-[19%] text-end">
              Mean
            </th>
          ) : null}
          <th scope="col" className="w-[19%] text-end">
            Max
          </th>
        </tr>
      </thead>
      <tbody>
        {series.map((one) => {
          const stats = statsOf(grid, one);
          const isShown = !hidden.has(one.id);
          return (
            <tr key={one.id} className="h-6.5 border-t border-line">
              <th scope="row" className="text-start font-normal">
                <button
                  type="button"
                  aria-pressed={isShown}
                  title="Show alone; with Shift, switch on or off"
                  className={`inline-flex max-w-full items-center gap-2 hover:underline ${isShown ? '' : 'text-faint line-through'}`}
                  onClick={(event) => onPress(one.id, !event.shiftKey)}
                >
                  <SeriesMark look={one.look} />
                  <span className="truncate">{one.label}</span>
                </button>
              </th>
              <td className="text-end font-medium">
                {index === null ? null : <Figure {...format(one.values[index] ?? null)} />}
              </td>
              <td className="text-end text-muted">
                <Figure {...format(stats.last)} />
              </td>
              {hasMean ? (
                <td className="text-end text-muted">
                  <Figure {...format(stats.mean)} />
                </td>
              ) : null}
              <td className="text-end text-muted">
                <Figure {...format(stats.max)} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const DAY_MS = 86_400_000;

function sayBucketStart(grid: TimeGrid, index: number, style: TimeStyle): string {
  const at = bucketStart(grid, index);
  if (grid.stepMs >= DAY_MS) return formatDay(at, grid.completeToMs, style);
  return grid.stepMs < 60_000 ? formatClockSeconds(at, style) : formatClock(at, style);
}
