'use client';

import dynamic from 'next/dynamic';
import { useId, useMemo } from 'react';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { Skeleton } from '#components/ui/skeleton.tsx';
import type { TimeStyle } from '#lib/format/time.ts';
import type { Span } from '#lib/time-range/time-range.ts';
import { timeTicks, valueTicks } from './axis-ticks.ts';
import {
  type ChartBand,
  type ChartEvent,
  type ChartSeries,
  type FormatValue,
  largestValue,
  type TimeGrid,
} from './chart-series.ts';
import { sayBucket, summarise } from './chart-summary.ts';
import { useCrosshairState } from './crosshair.ts';
import { plotGeometry } from './plot-geometry.ts';
import { TimeLabels, ValueLabels } from './axis-labels.tsx';
import { Bands, CrosshairLine, EndLabels, EventLines, Incomplete, Selection } from './plot-overlay.tsx';
import { bucketAt } from './time-grid.ts';
import { useElementWidth } from './use-element-size.ts';
import { usePlotPointer } from './use-plot-pointer.ts';

/** recharts weighs more than the rest of a page, and comes only where a chart is drawn. */
const Plot = dynamic(() => import('./plot.tsx'), { ssr: false, loading: () => <Skeleton className="size-full" /> });

/** Pixels that a label of the time axis needs. */
const TIME_LABEL_PX = 76;

export interface TimeChartProps {
  /** Names the chart for those who do not see it. */
  label: string;
  grid: TimeGrid;
  /** What the time axis shows; the grid's own buckets may reach a little over it. */
  span: Span;
  series: readonly ChartSeries[];
  format: FormatValue;
  /** Text of an axis value; the unit goes to the top one only. */
  formatTick: (value: number, isTop: boolean) => string;
  /** Lowest value of the upper edge, so that noise near zero does not fill the chart. */
  minTop?: number;
  ticksOf?: (max: number) => number[];
  gaps?: readonly ChartBand[];
  idle?: readonly ChartBand[];
  events?: readonly ChartEvent[];
  endLabels?: boolean;
  /** Whether the bucket that is still filling is washed out. */
  showsIncomplete?: boolean;
  /** Zone of the axis and the crosshair, where it is not the reader's: days of cost are cut in UTC. */
  timeZone?: string | undefined;
  height?: number;
  onZoom?: ((span: Span) => void) | undefined;
  onZoomOut?: (() => void) | undefined;
}

const NO_BANDS: readonly ChartBand[] = [];
const NO_EVENTS: readonly ChartEvent[] = [];

/** Series over time, with everything that lies over them. */
export function TimeChart(props: TimeChartProps) {
  const { label, grid, span, series, format, minTop = 0, endLabels = false, height = 190 } = props;
  const { gaps = NO_BANDS, idle = NO_BANDS, events = NO_EVENTS, ticksOf = valueTicks } = props;
  const { showsIncomplete = true, timeZone } = props;
  const chart = useId();
  const ownStyle = useTimeStyle();
  const style = useMemo(() => ({ ...ownStyle, timeZone: timeZone ?? ownStyle.timeZone }), [ownStyle, timeZone]);
  const { ref, width } = useElementWidth();
  const ticks = useMemo(() => ticksOf(Math.max(minTop, largestValue(series))), [ticksOf, minTop, series]);
  const size = useMemo(() => ({ width, height }), [width, height]);
  const geometry = useMemo(
    () => plotGeometry(size, span, ticks.at(-1) ?? 1, endLabels),
    [size, span, ticks, endLabels],
  );
  const times = useMemo(
    () => timeTicks(span, Math.max(2, Math.floor(geometry.width / TIME_LABEL_PX)), style.timeZone),
    [span, geometry.width, style.timeZone],
  );
  const summary = useMemo(() => summarise(grid, series, gaps, format, style), [grid, series, gaps, format, style]);
  const { selection, handlers } = usePlotPointer({
    chart,
    geometry,
    grid,
    onZoom: props.onZoom,
    onZoomOut: props.onZoomOut,
  });
  const place = { left: geometry.left, top: geometry.top, width: geometry.width, height: geometry.height };
  return (
    <div ref={ref} className="relative" style={{ height }}>
      {width === 0 ? null : (
        <>
          <Plot geometry={geometry} size={size} grid={grid} series={series} valueTicks={ticks} />
          <div className="pointer-events-none absolute" style={place} aria-hidden="true">
            <ValueLabels geometry={geometry} ticks={ticks} format={props.formatTick} />
            <TimeLabels geometry={geometry} ticks={times} style={style} />
            <Bands geometry={geometry} gaps={gaps} idle={idle} style={style} />
            {showsIncomplete ? <Incomplete geometry={geometry} grid={grid} /> : null}
            <EventLines geometry={geometry} events={events} />
            {endLabels ? <EndLabels geometry={geometry} series={series} /> : null}
            <Selection geometry={geometry} selection={selection} />
            <CrosshairLine
              chart={chart}
              geometry={geometry}
              grid={grid}
              series={series}
              format={format}
              style={style}
            />
          </div>
          {/* One tab stop for a chart; the arrows move along its buckets. */}
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions */}
          <div
            role="group"
            aria-roledescription="chart"
            aria-label={`${label}. ${summary}`}
            tabIndex={0}
            className="absolute cursor-crosshair touch-pan-y select-none"
            style={place}
            {...handlers}
          />
          <SpokenBucket chart={chart} grid={grid} series={series} format={format} style={style} />
        </>
      )}
    </div>
  );
}

/** What stands at the crosshair, said when the keys moved it on this chart. */
function SpokenBucket({
  chart,
  grid,
  series,
  format,
  style,
}: Pick<TimeChartProps, 'grid' | 'series' | 'format'> & { chart: string; style: TimeStyle }) {
  const { at, chart: hovered } = useCrosshairState();
  const text = at !== null && hovered === chart ? sayBucket(grid, bucketAt(grid, at), series, format, style) : '';
  return (
    <p role="status" className="sr-only">
      {text}
    </p>
  );
}
