'use client';

import { useId, useMemo } from 'react';
import { Area, Bar, CartesianGrid, ComposedChart, Line, XAxis, YAxis } from 'recharts';
import type { ChartSeries, TimeGrid } from './chart-series.ts';
import { AXIS_HEIGHT_PX, AXIS_WIDTH_PX, type PlotGeometry, TOP_PX } from './plot-geometry.ts';

export interface PlotProps {
  geometry: PlotGeometry;
  size: { width: number; height: number };
  grid: TimeGrid;
  series: readonly ChartSeries[];
  valueTicks: readonly number[];
}

interface Row {
  x: number;
  [series: string]: number | null;
}

/** Marks and grid of one chart. Labels are text over it, and what follows the pointer too, so that nothing here renders again on hover. */
export default function Plot(props: PlotProps) {
  const { geometry, size, grid, series } = props;
  // Patterns are found by a number: the name of a series may hold what no address of a fill can.
  const patternId = useId();
  const rows = useMemo(() => toRows(grid, series), [grid, series]);
  const right = size.width - geometry.left - geometry.width;
  const barWidth = Math.max(1, (geometry.width * grid.stepMs) / (geometry.span.toMs - geometry.span.fromMs) - 2);
  const ordered = useMemo(() => [...series].toSorted((a, b) => Number(isLine(a)) - Number(isLine(b))), [series]);
  return (
    <ComposedChart
      width={size.width}
      height={size.height}
      data={rows}
      margin={{ top: TOP_PX, right, bottom: 0, left: 0 }}
      accessibilityLayer={false}
      tabIndex={-1}
      aria-hidden="true"
    >
      <defs>
        {ordered.map(({ id, look }, index) =>
          look.hatch ? (
            <HatchPattern key={id} id={`${patternId}${index}`} colour={look.colour} fill={look.fill ?? 'transparent'} />
          ) : null,
        )}
      </defs>
      <CartesianGrid
        vertical={false}
        stroke="var(--color-chart-grid)"
        horizontalValues={[...props.valueTicks]}
        syncWithTicks={false}
      />
      <XAxis
        dataKey="x"
        type="number"
        domain={[geometry.span.fromMs, geometry.span.toMs]}
        allowDataOverflow
        height={AXIS_HEIGHT_PX}
        ticks={[]}
        tickLine={false}
        axisLine={{ stroke: 'var(--color-chart-axis)' }}
        interval={0}
        tick={false}
      />
      <YAxis
        width={AXIS_WIDTH_PX}
        domain={[0, geometry.maxValue]}
        allowDataOverflow
        ticks={[...props.valueTicks]}
        tickLine={false}
        axisLine={false}
        interval={0}
        tick={false}
      />
      {ordered.map((one, index) => mark(one, `${patternId}${index}`, barWidth))}
    </ComposedChart>
  );
}

function isLine({ look }: ChartSeries): boolean {
  return look.shape === 'line' || (look.shape === 'step' && look.fill === undefined);
}

function toRows(grid: TimeGrid, series: readonly ChartSeries[]): Row[] {
  return Array.from({ length: grid.count }, (_, index) => {
    // Values stand in the middle of their bucket.
    const row: Row = { x: grid.startMs + (index + 0.5) * grid.stepMs };
    for (const { id, values } of series) row[id] = values[index] ?? null;
    return row;
  });
}

function mark(series: ChartSeries, pattern: string, barWidth: number) {
  const { id, look, stack } = series;
  const common = {
    dataKey: id,
    isAnimationActive: false,
    stroke: look.colour,
    strokeWidth: look.width ?? 1.5,
    ...(look.dash ? { strokeDasharray: look.dash } : {}),
  };
  const stacked = stack === undefined ? {} : { stackId: stack };
  const fill = look.hatch ? `url(#${pattern})` : (look.fill ?? 'transparent');
  if (look.shape === 'bar')
    return (
      <Bar
        key={id}
        dataKey={id}
        isAnimationActive={false}
        barSize={barWidth}
        fill={fill}
        stroke="var(--color-page)"
        strokeWidth={1}
        {...stacked}
      />
    );
  const type = look.shape === 'step' ? 'step' : 'linear';
  const dot = isolatedDot(series);
  if (look.fill !== undefined || look.shape === 'area')
    return (
      <Area key={id} {...common} {...stacked} type={type} fill={fill} fillOpacity={1} dot={false} activeDot={false} />
    );
  return <Line key={id} {...common} type={type} dot={dot} activeDot={false} connectNulls={false} />;
}

/** A value between two gaps has no line; it gets a dot. Series without such values draw no dots at all. */
function isolatedDot({ values, look }: ChartSeries) {
  const isIsolated = (index: number): boolean =>
    values[index] != null && values[index - 1] == null && values[index + 1] == null;
  if (!values.some((_, index) => isIsolated(index))) return false;
  return function IsolatedDot({ cx, cy, index }: { cx?: number; cy?: number; index?: number }) {
    if (index === undefined || !isIsolated(index) || cx === undefined || cy === undefined) return <g key={index} />;
    return <circle key={index} cx={cx} cy={cy} r={2} fill={look.colour} stroke="none" />;
  };
}

function HatchPattern({ id, colour, fill }: { id: string; colour: string; fill: string }) {
  return (
    <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect width="6" height="6" fill={fill} />
      <rect width="1.5" height="6" fill={colour} />
    </pattern>
  );
}
