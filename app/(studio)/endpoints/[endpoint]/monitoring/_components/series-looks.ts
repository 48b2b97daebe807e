import type { ChartSeries, SeriesLook } from '#components/charts/chart-series.ts';
import { slotColour, slotDash } from '#components/ui/deployment.tsx';

/**
 * HTTP classes, from the bottom up: good ones grey, bad ones the only colour. Only the first has an edge line: on the others it would draw
 * errors along the whole stack where there are none.
 */
export const STATUS_LOOKS: readonly { id: string; look: SeriesLook }[] = [
  { id: '2xx', look: { shape: 'area', colour: 'var(--color-http-2xx-edge)', fill: 'var(--color-http-2xx)', width: 1 } },
  { id: '3xx', look: { shape: 'area', colour: 'var(--color-http-3xx-edge)', fill: 'var(--color-http-3xx)', width: 0 } },
  {
    id: '4xx',
    look: {
      shape: 'area',
      colour: 'var(--color-http-4xx-edge)',
      fill: 'var(--color-http-4xx)',
      hatch: true,
      width: 0,
    },
  },
  { id: '5xx', look: { shape: 'area', colour: 'var(--color-http-5xx-edge)', fill: 'var(--color-http-5xx)', width: 0 } },
];

/** Percentiles of a whole endpoint, in viridian. */
export const PERCENTILES = [
  {
    metric: 'RequestLatency_P99',
    label: 'p99',
    look: { shape: 'line', colour: 'var(--color-p99)', dash: '4 3', width: 1.25 },
  },
  { metric: 'RequestLatency_P95', label: 'p95', look: { shape: 'line', colour: 'var(--color-p95)', width: 2 } },
  {
    metric: 'RequestLatency_P90',
    label: 'p90',
    look: { shape: 'line', colour: 'var(--color-p50)', dash: '1.5 2.5', width: 1.5 },
  },
  { metric: 'RequestLatency_P50', label: 'p50', look: { shape: 'line', colour: 'var(--color-p50)', width: 1.5 } },
] as const satisfies readonly { metric: string; label: string; look: SeriesLook }[];

/** The whole endpoint, where it is one line. */
export const WHOLE: SeriesLook = { shape: 'line', colour: 'var(--color-p95)', width: 2 };

/** A deployment keeps its colour and dash everywhere. */
export function deploymentLook(slot: number, shape: SeriesLook['shape'] = 'line'): SeriesLook {
  const dash = slotDash(slot);
  return { shape, colour: slotColour(slot), width: 2, ...(dash ? { dash } : {}) };
}

/** Series without a single value or request say nothing in a stack. */
export function dropSilent(series: readonly ChartSeries[], keep: (id: string) => boolean): ChartSeries[] {
  return series.filter(({ id, values }) => keep(id) || values.some((value) => value !== null && value > 0));
}
