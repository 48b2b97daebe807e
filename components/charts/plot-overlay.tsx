'use client';

import type { CSSProperties, ReactNode } from 'react';
import { cx } from '#components/ui/class-names.ts';
import { slotColour } from '#components/ui/deployment.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import { formatClock, formatClockSeconds, formatDay, type TimeStyle, zoneName } from '#lib/format/time.ts';
import type { Span } from '#lib/time-range/time-range.ts';
import type { ChartBand, ChartEvent, ChartSeries, FormatValue, TimeGrid } from './chart-series.ts';
import { useCrosshairState } from './crosshair.ts';
import { type PlotGeometry, spreadLabels, xOf, yOf } from './plot-geometry.ts';
import { SeriesMark } from './series-mark.tsx';
import { bucketAt, bucketStart } from './time-grid.ts';

const DAY_MS = 86_400_000;
const NO_DATA = { '--c': 'var(--color-line-strong)' } as CSSProperties;

/** Stretches without data (hatched) and without requests (a faint bar on the axis). */
export function Bands({
  geometry,
  gaps,
  idle,
  style,
}: {
  geometry: PlotGeometry;
  gaps: readonly ChartBand[];
  idle: readonly ChartBand[];
  style: TimeStyle;
}) {
  return (
    <>
      {gaps.map((band) => (
        <span
          key={band.fromMs}
          className="absolute inset-y-0 bg-page"
          style={placeBand(geometry, band)}
          title={`No data ${formatClock(band.fromMs, style)}–${formatClock(band.toMs, style)}: nothing was measured`}
        >
          <span className="hatch absolute inset-0 opacity-60 shadow-none" style={NO_DATA} />
        </span>
      ))}
      {idle.map((band) => (
        <span
          key={band.fromMs}
          className="absolute bottom-0 h-0.75 bg-line-strong"
          style={placeBand(geometry, band)}
          title={`No traffic ${formatClock(band.fromMs, style)}–${formatClock(band.toMs, style)}`}
        />
      ))}
    </>
  );
}

/** Washes out what is still filling. */
export function Incomplete({ geometry, grid }: { geometry: PlotGeometry; grid: TimeGrid }) {
  const end = bucketStart(grid, grid.count);
  if (grid.completeToMs >= end) return null;
  return (
    <span
      className="absolute inset-y-0 bg-page opacity-45"
      style={placeBand(geometry, { fromMs: grid.completeToMs, toMs: end })}
    />
  );
}

function placeBand(geometry: PlotGeometry, { fromMs, toMs }: ChartBand): CSSProperties {
  const left = Math.max(0, xOf(geometry, fromMs));
  const right = Math.min(geometry.width, xOf(geometry, toMs));
  return { left, width: Math.max(0, right - left) };
}

/** Dashed lines where somebody changed something, in the colour of the deployment. */
export function EventLines({ geometry, events }: { geometry: PlotGeometry; events: readonly ChartEvent[] }) {
  return events.map((event) => (
    <span
      key={event.id}
      className="absolute inset-y-0 border-s border-dashed"
      style={{
        left: xOf(geometry, event.atMs),
        borderColor: event.slot === null ? 'var(--color-muted)' : slotColour(event.slot),
      }}
    />
  ));
}

export function Selection({ geometry, selection }: { geometry: PlotGeometry; selection: Span | null }) {
  if (!selection) return null;
  return (
    <span
      className="absolute inset-y-0 border-x border-accent bg-accent-wash opacity-70"
      style={placeBand(geometry, selection)}
    />
  );
}

/** Names of lines at their last values, moved apart where they would cover each other. */
export function EndLabels({ geometry, series }: { geometry: PlotGeometry; series: readonly ChartSeries[] }) {
  const labels = series
    .flatMap(({ id, label, look, values }) => {
      const value = values.findLast((one) => one !== null);
      return value == null ? [] : [{ id, label, colour: look.colour, value }];
    })
    .toSorted((a, b) => b.value - a.value);
  const places = spreadLabels(
    labels.map(({ value }) => yOf(geometry, value)),
    geometry.height,
  );
  return labels.map(({ id, label, colour }, index) => (
    <span
      key={id}
      className="absolute start-full -translate-y-1/2 ps-1.5 text-2xs whitespace-nowrap"
      style={{ top: places[index], color: colour }}
    >
      {label}
    </span>
  ));
}

interface CrosshairProps {
  chart: string;
  geometry: PlotGeometry;
  grid: TimeGrid;
  series: readonly ChartSeries[];
  format: FormatValue;
  style: TimeStyle;
}

/** The shared line; on the chart under the pointer also dots and a box with the values. */
export function CrosshairLine({ chart, geometry, grid, series, format, style }: CrosshairProps) {
  const { at, chart: hovered } = useCrosshairState();
  if (at === null || at < geometry.span.fromMs || at > geometry.span.toMs) return null;
  const index = bucketAt(grid, at);
  const middle = bucketStart(grid, index) + grid.stepMs / 2;
  const left = Math.min(geometry.width, Math.max(0, xOf(geometry, middle)));
  return (
    <>
      <span className="absolute inset-y-0 border-s border-chart-cross opacity-70" style={{ left }} />
      {hovered === chart ? (
        <>
          {series.map((one) => (
            <Dot key={one.id} series={one} index={index} left={left} geometry={geometry} />
          ))}
          <Tooltip
            index={index}
            left={left}
            grid={grid}
            geometry={geometry}
            series={series}
            format={format}
            style={style}
          />
        </>
      ) : null}
    </>
  );
}

function Dot({
  series,
  index,
  left,
  geometry,
}: {
  series: ChartSeries;
  index: number;
  left: number;
  geometry: PlotGeometry;
}) {
  const value = series.values[index];
  if (value == null || series.look.shape !== 'line') return null;
  return (
    <span
      className="absolute size-1.75 -translate-1/2 rounded-full border border-page"
      style={{ left, top: yOf(geometry, value), background: series.look.colour }}
    />
  );
}

interface TooltipProps {
  index: number;
  left: number;
  grid: TimeGrid;
  geometry: PlotGeometry;
  series: readonly ChartSeries[];
  format: FormatValue;
  style: TimeStyle;
}

/** Past 60 % of the width it stands left of the line. Small screens read the legend instead. */
function Tooltip({ index, left, grid, geometry, series, format, style }: TooltipProps) {
  const isStacked = series.some(({ stack }) => stack !== undefined);
  const rows = isStacked ? series.toReversed() : series;
  const total = series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0);
  const samples = samplesAt(series, index);
  return (
    <div
      className={cx(
        'pointer-events-none absolute top-2 z-10 w-max min-w-36 rounded-md bg-overlay px-2.5 py-2 text-xs shadow-pop max-md:hidden',
        left > geometry.width * 0.6 && '-translate-x-full',
      )}
      style={{ left: left > geometry.width * 0.6 ? left - 10 : left + 10 }}
    >
      <p className="mb-1.5 flex justify-between gap-4 border-b border-line pb-1.5">
        <b className="font-medium">{bucketSpan(grid, index, style)}</b>
        <span className="text-faint">{zoneName(bucketStart(grid, index), style)}</span>
      </p>
      {rows.map((one) => (
        <TooltipRow
          key={one.id}
          mark={<SeriesMark look={one.look} />}
          label={one.label}
          value={format(one.values[index] ?? null)}
        />
      ))}
      {isStacked && rows.length > 1 ? <TooltipRow label="total" value={format(total)} /> : null}
      {samples === undefined || isStacked ? null : (
        <TooltipRow label="requests" value={{ value: String(samples), unit: '' }} />
      )}
    </div>
  );
}

/** Requests behind a bucket: percentiles are of the same requests, deployments each of their own. */
export function samplesAt(series: readonly ChartSeries[], index: number): number | undefined {
  const counts = series.flatMap(({ samples, deployment }) =>
    samples ? [{ count: samples[index] ?? 0, deployment }] : [],
  );
  if (counts.every(({ deployment }) => deployment === undefined)) return counts[0]?.count;
  return counts.reduce((sum, { count }) => sum + count, 0);
}

function TooltipRow({
  mark,
  label,
  value,
}: {
  mark?: ReactNode;
  label: string;
  value: { value: string; unit: string };
}) {
  return (
    <p className="flex items-center gap-1.5 leading-5">
      <span className="w-4.5">{mark}</span>
      <span className={mark ? '' : 'text-muted'}>{label}</span>
      <b className="ms-auto ps-4 font-medium">
        <Figure {...value} />
      </b>
    </p>
  );
}

/** `11:25–11:28`, with seconds where buckets are shorter than a minute; of whole days the day. */
export function bucketSpan(grid: TimeGrid, index: number, style: TimeStyle): string {
  if (grid.stepMs >= DAY_MS) return formatDay(bucketStart(grid, index), grid.completeToMs, style);
  const [from, to] = [bucketStart(grid, index), bucketStart(grid, index + 1)];
  if (grid.stepMs < 60_000) return `${formatClockSeconds(from, style)}–${formatClockSeconds(to, style)}`;
  return `${formatClock(from, style)}–${formatClock(to, style)}`;
}
