import type { FormattedFigure } from '#lib/format/figure.ts';

/** Buckets of equal width that all series of a chart share. */
export interface TimeGrid {
  startMs: number;
  stepMs: number;
  count: number;
  /** Buckets that end later are still filling. */
  completeToMs: number;
}

export interface SeriesLook {
  /** `area` fills to zero or to the series below, `line` connects the middles of buckets, `step` keeps a value for its whole bucket. */
  shape: 'area' | 'line' | 'step' | 'bar';
  /** CSS colour of the line, or of the edge of an area. */
  colour: string;
  /** CSS colour of an area; left out, lines have none and areas a light tint. */
  fill?: string;
  /** Hatched in `colour` over `fill`: there, but not well. */
  hatch?: boolean;
  /** SVG dash pattern. */
  dash?: string;
  width?: number;
}

export interface ChartSeries {
  id: string;
  label: string;
  look: SeriesLook;
  /** One value for each bucket; null where nothing was measured. */
  values: readonly (number | null)[];
  /** Requests behind each value, where the metric has them. */
  samples?: readonly number[] | undefined;
  /** It tells what is to come: its last value is the end of the range. */
  isForecast?: boolean | undefined;
  /** Deployment that the series belongs to, for the export. */
  deployment?: string | undefined;
  /** Series of one stack are drawn on top of each other, in their order. */
  stack?: string | undefined;
}

/** A stretch of a chart where something other than values is to be shown. */
export interface ChartBand {
  fromMs: number;
  toMs: number;
}

/** A moment at which somebody changed something. */
export interface ChartEvent {
  id: string;
  atMs: number;
  kind: 'deploy' | 'traffic' | 'scale' | 'config' | 'restart' | 'delete' | 'failure' | 'key' | 'ready';
  /** Two or three words for the lane. */
  label: string;
  /** The whole sentence. */
  text: string;
  /** Slot of the deployment that it happened to; null where it was the endpoint. */
  slot: number | null;
  href: string | null;
}

export type FormatValue = (value: number | null) => FormattedFigure;

/** Series that are stacked add up at every bucket; the others are compared by themselves. */
export function largestValue(series: readonly ChartSeries[]): number {
  const stacks = new Map<string, number[]>();
  let largest = 0;
  for (const { id, values, stack } of series) {
    const sums = stacks.get(stack ?? id) ?? [];
    stacks.set(stack ?? id, sums);
    for (const [index, value] of values.entries()) {
      const sum = (sums[index] ?? 0) + (value ?? 0);
      sums[index] = sum;
      if (sum > largest) largest = sum;
    }
  }
  return largest;
}
