'use client';

import { useMemo } from 'react';
import { ChartPanel } from '#components/charts/chart-panel.tsx';
import type { ChartSeries, TimeGrid } from '#components/charts/chart-series.ts';
import { usePreferences } from '#components/layout/preferences.tsx';
import { NO_FIGURE } from '#lib/format/figure.ts';
import { numberFormat } from '#lib/format/intl-cache.ts';
import { formatMoney } from '#lib/format/money.ts';
import type { CostPeriod } from './cost-period.ts';
import { runningTotal } from './cost-series.ts';

export interface CostChartsProps {
  period: CostPeriod;
  now: number;
  grid: TimeGrid | null;
  /** Bars, in their order from the bottom. */
  series: readonly ChartSeries[];
  currency: string;
  runRateMicros: number;
  error: unknown;
  onRetry: () => void;
  isFetching: boolean;
}

const MICROS = 1_000_000;

/** What each hour or day cost, and how that adds up over the period. */
export function CostCharts(props: CostChartsProps) {
  const { period, now, grid, series, currency, runRateMicros, error, onRetry, isFetching } = props;
  const { locale } = usePreferences();
  const sums = useMemo(
    () => (grid ? totalSeries(grid, series, now, runRateMicros) : []),
    [grid, series, now, runRateMicros],
  );
  const common = {
    span: period.span,
    grid,
    error,
    onRetry,
    isFetching,
    timeZone: period.by === 'day' ? 'UTC' : undefined,
    format: (value: number | null) =>
      value === null ? NO_FIGURE : { value: formatMoney(Math.round(value), currency, locale), unit: '' },
    formatTick: (value: number) => tickMoney(value, currency, locale),
    emptyText: 'No instance ran in this period.',
    unit: `millionths of ${currency}`,
  };
  return (
    <div className="grid gap-x-10 gap-y-8 lg:grid-cols-2">
      <ChartPanel
        {...common}
        title={period.by === 'day' ? 'Per day' : 'Per hour'}
        metric="Cost"
        series={series}
        showsIncomplete={false}
      />
      <ChartPanel
        {...common}
        title={period.by === 'day' ? 'Month so far' : 'Day so far'}
        metric="CostSoFar"
        series={sums}
        hasMean={false}
        showsIncomplete={false}
        caption={runRateMicros > 0 && period.span.toMs > now ? 'dotted: at the run rate of now' : null}
      />
    </div>
  );
}

/** The sum so far, and where it ends if what runs now runs on. */
function totalSeries(
  grid: TimeGrid,
  series: readonly ChartSeries[],
  now: number,
  runRateMicros: number,
): ChartSeries[] {
  const total = runningTotal(
    series.map(({ values }) => [...values]),
    grid,
  );
  const sofar: ChartSeries = {
    id: 'total',
    label: 'so far',
    look: { shape: 'area', colour: 'var(--color-accent)', fill: 'var(--color-accent-wash)', width: 2 },
    values: total,
  };
  const last = total.findLastIndex((value) => value !== null);
  if (last === -1 || runRateMicros === 0 || now >= grid.startMs + grid.count * grid.stepMs) return [sofar];
  const from = total[last] ?? 0;
  const ahead = total.map((_, index) => {
    if (index < last) return null;
    const end = grid.startMs + (index + 1) * grid.stepMs;
    return from + (Math.max(0, end - now) / 3_600_000) * runRateMicros;
  });
  ahead[last] = from;
  const look = { shape: 'line' as const, colour: 'var(--color-accent)', dash: '1.5 3', width: 2 };
  return [sofar, { id: 'ahead', label: 'at the run rate of now', look, values: ahead, isForecast: true }];
}

/** Cents at least and no zeros behind them, so that small sums fit the axis too. */
function tickMoney(micros: number, currency: string, locale: string): string {
  const amount = micros / MICROS;
  const isWhole = amount === 0 || amount >= 10;
  return numberFormat(locale, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: isWhole ? 0 : 2,
    maximumFractionDigits: isWhole ? 0 : 4,
  }).format(amount);
}
