'use client';

import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import type { Span } from '#lib/time-range/time-range.ts';
import type { TimeGrid } from './chart-series.ts';
import { type Crosshair, useCrosshair } from './crosshair.ts';
import { instantAt, type PlotGeometry } from './plot-geometry.ts';
import { bucketAt, bucketStart } from './time-grid.ts';

/** A shorter drag is a click that slipped. */
const MIN_ZOOM_BUCKETS = 5;

interface PlotPointerOptions {
  chart: string;
  geometry: PlotGeometry;
  grid: TimeGrid;
  onZoom?: ((span: Span) => void) | undefined;
  onZoomOut?: (() => void) | undefined;
}

/** Pointer and keys over a plot: the shared crosshair, and a selection that becomes the range. */
export function usePlotPointer({ chart, geometry, grid, onZoom, onZoomOut }: PlotPointerOptions) {
  const crosshair = useCrosshair();
  const drag = useRef<number | null>(null);
  const [selection, setSelection] = useState<Span | null>(null);

  const instantOf = (event: PointerEvent<HTMLElement>): number =>
    instantAt(geometry, event.clientX - event.currentTarget.getBoundingClientRect().left);
  const cancel = (): void => {
    drag.current = null;
    setSelection(null);
  };
  function finish(): void {
    if (selection && selection.toMs - selection.fromMs >= MIN_ZOOM_BUCKETS * grid.stepMs) onZoom?.(selection);
    cancel();
  }

  return {
    selection,
    handlers: {
      onPointerMove(event: PointerEvent<HTMLElement>): void {
        const at = instantOf(event);
        crosshair.set({ at, chart });
        if (drag.current !== null) setSelection(orderedSpan(drag.current, at));
      },
      onPointerLeave(): void {
        if (drag.current === null) crosshair.set({ at: null, chart: null });
      },
      onPointerDown(event: PointerEvent<HTMLElement>): void {
        if (event.button !== 0 || event.pointerType === 'touch' || !onZoom) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = instantOf(event);
      },
      onPointerUp: finish,
      onPointerCancel: cancel,
      onDoubleClick: () => onZoomOut?.(),
      onBlur: () => crosshair.set({ at: null, chart: null }),
      onKeyDown(event: KeyboardEvent<HTMLElement>): void {
        if (event.key === 'Escape') {
          cancel();
          crosshair.set({ at: null, chart: null });
        } else if (event.key === 'Enter' && selection) finish();
        else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
          event.preventDefault();
          const next = stepCrosshair(crosshair, chart, grid, event.key === 'ArrowLeft' ? -1 : 1);
          if (event.shiftKey && onZoom) {
            drag.current ??= next.before;
            setSelection(orderedSpan(drag.current, next.at));
          } else cancel();
        }
      },
    },
  };
}

/** Moves the crosshair to the middle of the neighbouring bucket. */
function stepCrosshair(crosshair: Crosshair, chart: string, grid: TimeGrid, direction: -1 | 1) {
  const known = crosshair.get().at;
  const from = known === null ? grid.count - 1 : bucketAt(grid, known) + direction;
  const index = Math.min(grid.count - 1, Math.max(0, from));
  const at = bucketStart(grid, index) + grid.stepMs / 2;
  crosshair.set({ at, chart });
  return { at, before: known ?? at };
}

function orderedSpan(a: number, b: number): Span {
  return { fromMs: Math.round(Math.min(a, b)), toMs: Math.round(Math.max(a, b)) };
}
