'use client';

import { Ellipsis } from 'lucide-react';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { IconButton } from '#components/ui/icon-button.tsx';
import { Menu } from '#components/ui/menu.tsx';
import { PanelBoundary } from '#components/ui/panel-boundary.tsx';
import { Skeleton, SkeletonRegion } from '#components/ui/skeleton.tsx';
import { problemOf } from '#lib/queries/api-problem.ts';
import { chartsToCsv, downloadText } from './chart-csv.ts';
import { useChartRegistry } from './chart-registry.ts';
import type { ChartSeries, TimeGrid } from './chart-series.ts';
import { SeriesLegend } from './series-legend.tsx';
import { SeriesTable } from './series-table.tsx';
import { TimeChart, type TimeChartProps } from './time-chart.tsx';
import { useInView } from './use-element-size.ts';

export interface ChartPanelProps extends Omit<TimeChartProps, 'label' | 'grid' | 'series'> {
  title: string;
  /** Unit and step, beside the title. */
  caption?: ReactNode;
  /** Name of the metric in exports. */
  metric: string;
  unit: string;
  /** Null while nothing has come yet. */
  grid: TimeGrid | null;
  series: readonly ChartSeries[];
  error?: unknown;
  onRetry?: () => void;
  isFetching?: boolean;
  /** What stands over the axes where no value was measured. */
  emptyText: ReactNode;
  /** Its heading, where no value does not mean that nothing was measured. */
  emptyTitle?: string;
  /** `table`: under the chart, with figures. `none`: the caller names the series elsewhere. */
  legend?: 'table' | 'none';
  /** Percentiles have no mean. */
  hasMean?: boolean;
  /** Lies above the plot: the lane of events. */
  lane?: ReactNode;
  /** Told when the panel comes into view, so that it asks for nothing before. */
  onInView?: (inView: boolean) => void;
}

/** A chart with its heading, legend, table and export, and with every state that data can be in. */
export function ChartPanel(props: ChartPanelProps) {
  const { title, caption, legend = 'table', lane, onInView } = props;
  const { ref, inView } = useInView();
  const id = useId();
  const [asTable, setAsTable] = useState(false);
  useEffect(() => onInView?.(inView), [onInView, inView]);
  return (
    <figure ref={ref} aria-labelledby={id} className="m-0 min-w-0">
      <figcaption className="mb-1 flex min-h-7 items-center gap-2">
        <h2 id={id}>{title}</h2>
        <span className="ms-auto truncate text-xs text-muted">{caption}</span>
        <PanelMenu {...props} asTable={asTable} onTable={setAsTable} />
      </figcaption>
      {lane}
      <PanelBoundary name={title}>
        <PanelBody {...props} legend={legend} asTable={asTable} inView={inView} />
      </PanelBoundary>
    </figure>
  );
}

function PanelMenu({
  title,
  metric,
  unit,
  grid,
  series,
  asTable,
  onTable,
}: ChartPanelProps & { asTable: boolean; onTable: (asTable: boolean) => void }) {
  const register = useChartRegistry();
  useEffect(() => {
    if (grid) return register(metric, { metric, unit, grid, series });
    return undefined;
  }, [register, metric, unit, grid, series]);
  return (
    <Menu
      label={`${title}: more`}
      groups={[
        {
          id: 'view',
          entries: [
            { id: 'table', label: asTable ? 'Show as chart' : 'Show as table', onAction: () => onTable(!asTable) },
            {
              id: 'csv',
              label: 'Download CSV',
              isDisabled: grid === null,
              onAction: () => grid && downloadText(`${metric}.csv`, chartsToCsv([{ metric, unit, grid, series }])),
            },
          ],
        },
      ]}
    >
      <IconButton label={`${title}: more`} tooltip={false} size="xs" icon={<Ellipsis size={14} aria-hidden="true" />} />
    </Menu>
  );
}

function PanelBody(props: ChartPanelProps & { asTable: boolean; inView: boolean }) {
  const { title, grid, series, error, height = 190, legend, asTable, inView, format, hasMean = true } = props;
  const { hidden, press } = useHiddenSeries(series);
  if (grid === null) {
    if (error)
      return (
        <ErrorState
          problem={problemOf(error)}
          title={`${title} could not be read`}
          {...(props.onRetry ? { onRetry: props.onRetry } : {})}
          isRetrying={props.isFetching ?? false}
        />
      );
    return (
      <SkeletonRegion label={title}>
        <Skeleton className="ms-11 rounded-md" />
        <span className="block rounded-md bg-fill" style={{ height }} />
      </SkeletonRegion>
    );
  }
  if (asTable) return <SeriesTable label={title} grid={grid} series={series} format={format} />;
  const isEmpty = series.every(({ values }) => values.every((value) => value === null));
  const shown = series.filter(({ id }) => !hidden.has(id));
  return (
    <>
      <div className="relative">
        {inView ? <TimeChart {...props} label={title} grid={grid} series={shown} /> : <div style={{ height }} />}
        {isEmpty ? (
          <div className="pointer-events-none absolute inset-0 grid place-items-center ps-11">
            <EmptyState title={props.emptyTitle ?? 'Nothing measured'}>{props.emptyText}</EmptyState>
          </div>
        ) : null}
      </div>
      {legend === 'table' && series.length > 0 ? (
        <SeriesLegend
          label={`${title}: figures`}
          grid={grid}
          series={series}
          hidden={hidden}
          format={format}
          hasMean={hasMean}
          timeZone={props.timeZone}
          onPress={press}
        />
      ) : null}
    </>
  );
}

/** Which series are switched off. A press on the only one that is shown brings all back. */
function useHiddenSeries(series: readonly ChartSeries[]) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  function press(id: string, only: boolean): void {
    setHidden((known) => {
      const next = new Set(known);
      if (only) {
        const isAlone = series.every((one) => known.has(one.id) !== (one.id === id));
        return isAlone ? new Set() : new Set(series.map((one) => one.id).filter((one) => one !== id));
      }
      if (!next.delete(id)) next.add(id);
      return next.size === series.length ? new Set() : next;
    });
  }
  return { hidden, press };
}
