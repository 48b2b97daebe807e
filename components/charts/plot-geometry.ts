import type { Span } from '#lib/time-range/time-range.ts';

/** Place of the values inside a chart, in pixels. Drawn marks and what lies over them share it. */
export interface PlotGeometry {
  left: number;
  top: number;
  width: number;
  height: number;
  span: Span;
  /** Value at the upper edge; the lower one is 0. */
  maxValue: number;
}

export const AXIS_WIDTH_PX = 44;
export const AXIS_HEIGHT_PX = 22;
export const TOP_PX = 8;
export const RIGHT_PX = 8;
/** Room for the names of lines at their ends. */
export const END_LABEL_PX = 36;

export function plotGeometry(
  size: { width: number; height: number },
  span: Span,
  maxValue: number,
  hasEndLabels: boolean,
): PlotGeometry {
  const right = hasEndLabels ? END_LABEL_PX : RIGHT_PX;
  return {
    left: AXIS_WIDTH_PX,
    top: TOP_PX,
    width: Math.max(0, size.width - AXIS_WIDTH_PX - right),
    height: size.height - TOP_PX - AXIS_HEIGHT_PX,
    span,
    maxValue,
  };
}

/** Height of a label at the end of a line. */
const LABEL_PX = 13;

/**
 * Places of labels that would stand at `wanted` (pixels from the upper edge, ascending): none covers another, and none leaves the plot as long
 * as there is room for all.
 */
export function spreadLabels(wanted: readonly number[], height: number): number[] {
  const places: number[] = [];
  for (const y of wanted) places.push(Math.max(y, (places.at(-1) ?? -Infinity) + LABEL_PX));
  let below = height + LABEL_PX;
  for (let index = places.length - 1; index >= 0; index -= 1) {
    below = Math.min(places[index] ?? 0, below - LABEL_PX);
    places[index] = below;
  }
  return places;
}

export function xOf(geometry: PlotGeometry, at: number): number {
  const { fromMs, toMs } = geometry.span;
  return ((at - fromMs) / (toMs - fromMs)) * geometry.width;
}

/** Pixels from the upper edge of the plot. */
export function yOf(geometry: PlotGeometry, value: number): number {
  return geometry.height * (1 - Math.min(value, geometry.maxValue) / geometry.maxValue);
}

/** The instant at a distance from the left edge of the plot, within the range. */
export function instantAt(geometry: PlotGeometry, x: number): number {
  const { fromMs, toMs } = geometry.span;
  const share = Math.min(1, Math.max(0, x / Math.max(1, geometry.width)));
  return fromMs + share * (toMs - fromMs);
}
