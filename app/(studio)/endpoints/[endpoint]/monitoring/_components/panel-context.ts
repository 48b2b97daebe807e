import type { ChartEvent } from '#components/charts/chart-series.ts';
import type { Span } from '#lib/time-range/time-range.ts';
import type { MonitoringState } from './use-monitoring-state.ts';

/** What every panel of the page shares. */
export interface PanelContext {
  endpoint: string;
  state: MonitoringState;
  /** When the endpoint was made; before that nothing is missing. */
  bornMs: number;
  /** Slot of each deployment by name. */
  slots: ReadonlyMap<string, number>;
  chart: {
    span: Span;
    events: readonly ChartEvent[];
    onZoom: (span: Span) => void;
    onZoomOut: () => void;
  };
}
