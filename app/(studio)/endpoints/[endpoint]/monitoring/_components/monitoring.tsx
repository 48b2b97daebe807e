'use client';

import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useMemo, useState } from 'react';
import { downloadText } from '#components/charts/chart-csv.ts';
import { ChartRegistryProvider, createChartRegistry } from '#components/charts/chart-registry.ts';
import type { ChartEvent } from '#components/charts/chart-series.ts';
import { createCrosshair, CrosshairProvider } from '#components/charts/crosshair.ts';
import { EventLane } from '#components/charts/event-lane.tsx';
import { END_LABEL_PX } from '#components/charts/plot-geometry.ts';
import { RangePicker } from '#components/charts/range-picker.tsx';
import { useNow } from '#components/layout/age.tsx';
import { useShortcuts } from '#components/layout/use-shortcuts.ts';
import { DeploymentMark } from '#components/ui/deployment.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { IconButton } from '#components/ui/icon-button.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { Switch } from '#components/ui/switch.tsx';
import { endpointActivityQuery } from '#lib/queries/activity.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { endpointQuery } from '#lib/queries/endpoints.ts';
import { absoluteRange, shiftSpan, zoomOut } from '#lib/time-range/time-range.ts';
import { chartEvents } from './chart-events.ts';
import type { PanelContext } from './panel-context.ts';
import { ProblemsPanel } from './problems-panel.tsx';
import { RangeReadouts } from './range-readouts.tsx';
import { InstancePanel, ResourcePanel } from './resource-panels.tsx';
import { ErrorRatePanel, LatencyPanel, RequestsPerMinutePanel, StatusPanel } from './traffic-panels.tsx';
import { type MonitoringState, useMonitoringState } from './use-monitoring-state.ts';

const MAX_EVENTS = 200;
const NO_EVENTS: readonly ChartEvent[] = [];

/** Requests, latency, errors and resources of one endpoint over a range of time. What it shows hangs on the time of the browser, so the server draws a skeleton. */
export function Monitoring({ endpoint }: { endpoint: string }) {
  return useNow() === 0 ? <SkeletonRows label="the metrics" rows={8} /> : <LoadedMonitoring endpoint={endpoint} />;
}

function LoadedMonitoring({ endpoint }: { endpoint: string }) {
  const state = useMonitoringState();
  const { data, error, refetch, isFetching } = useQuery(endpointQuery(endpoint));
  const { data: activity } = useQuery(endpointActivityQuery(endpoint, MAX_EVENTS));
  const [crosshair] = useState(createCrosshair);
  const [registry] = useState(createChartRegistry);
  const slots = useMemo(() => new Map(data?.deployments.map((one) => [one.name, one.colour_slot])), [data]);
  const events = useMemo(
    () => (activity && state.events ? chartEvents(activity, endpoint, slots) : NO_EVENTS),
    [activity, state.events, endpoint, slots],
  );
  const inRange = useMemo(
    () => events.filter(({ atMs }) => atMs >= state.span.fromMs && atMs <= state.span.toMs),
    [events, state.span],
  );
  useRangeShortcuts(state);
  if (error && !data)
    return (
      <ErrorState
        problem={problemOf(error)}
        title="The endpoint could not be read"
        onRetry={() => void refetch()}
        isRetrying={isFetching}
      />
    );
  const context: PanelContext = {
    endpoint,
    state,
    bornMs: data ? Date.parse(data.created_at) : 0,
    slots,
    chart: {
      span: state.span,
      events: inRange,
      onZoom: (span) => state.setRange(absoluteRange(span)),
      onZoomOut: () => state.setRange(absoluteRange(zoomOut(state.span, Date.now()))),
    },
  };
  return (
    <CrosshairProvider value={crosshair}>
      <ChartRegistryProvider value={registry}>
        <div className="grid gap-4">
          <Toolbar
            state={state}
            slots={slots}
            onExport={() => downloadText(`${endpoint}-metrics.csv`, registry.toCsv())}
          />
          {state.isDropped ? (
            <p className="text-xs text-muted" role="status">
              The range of the address could not be shown; this is the last hour.
            </p>
          ) : null}
          <RangeReadouts endpoint={endpoint} state={state} />
          <div className="grid gap-x-10 gap-y-8 pt-2 lg:grid-cols-2">
            <StatusPanel context={context} lane={<EventLane events={inRange} span={state.span} />} />
            <LatencyPanel
              context={context}
              lane={<EventLane events={inRange} span={state.span} endPx={END_LABEL_PX} />}
            />
            <RequestsPerMinutePanel context={context} />
            <ErrorRatePanel context={context} />
            <ProblemsPanel context={context} />
            <ResourcePanel context={context} />
            <InstancePanel context={context} />
          </div>
        </div>
      </ChartRegistryProvider>
    </CrosshairProvider>
  );
}

function useRangeShortcuts(state: MonitoringState): void {
  const move = (direction: -1 | 1) => () => state.setRange(absoluteRange(shiftSpan(state.span, direction, Date.now())));
  useShortcuts([
    { keys: ',', label: 'Earlier', group: 'Charts', run: move(-1) },
    { keys: '.', label: 'Later', group: 'Charts', run: move(1) },
    {
      keys: 'z',
      label: 'Zoom out',
      group: 'Charts',
      run: () => state.setRange(absoluteRange(zoomOut(state.span, Date.now()))),
    },
    { keys: 'l', label: 'Live or paused', group: 'Charts', run: () => state.setLive(!state.live) },
  ]);
}

function Toolbar({
  state,
  slots,
  onExport,
}: {
  state: MonitoringState;
  slots: ReadonlyMap<string, number>;
  onExport: () => void;
}) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <RangePicker
        range={state.range}
        span={state.span}
        onChange={state.setRange}
        live={state.live}
        onLiveChange={state.setLive}
      />
      {slots.size > 1 ? <DeploymentChips state={state} slots={slots} /> : null}
      <div className="ms-auto flex flex-wrap items-center gap-x-4 gap-y-2">
        <span className="flex items-center gap-2">
          <span className="text-xs text-muted max-md:sr-only">Group by</span>
          <SegmentedControl
            label="Group by"
            options={[
              { id: 'endpoint', label: 'Endpoint' },
              { id: 'deployment', label: 'Deployment' },
            ]}
            value={state.group}
            onChange={state.setGroup}
          />
        </span>
        <Switch isSelected={state.events} onChange={state.setEvents}>
          Changes
        </Switch>
        <IconButton
          label="Download what the charts show as CSV"
          size="sm"
          variant="secondary"
          icon={<Download size={14} aria-hidden="true" />}
          onPress={onExport}
        />
      </div>
    </div>
  );
}

/** For the endpoint as a whole: all of it, or one deployment. By deployment: any of them. */
function DeploymentChips({ state, slots }: { state: MonitoringState; slots: ReadonlyMap<string, number> }) {
  function press(name: string): void {
    const others = state.selected.filter((one) => one !== name);
    const isOn = others.length < state.selected.length;
    if (state.group === 'endpoint') state.setSelected(isOn ? [] : [name]);
    else state.setSelected(isOn ? others : [...state.selected, name]);
  }
  return (
    <div role="group" aria-label="Deployments" className="flex flex-wrap gap-1.5">
      {[...slots]
        .toSorted(([, a], [, b]) => a - b)
        .map(([name, slot]) => (
          <button
            key={name}
            type="button"
            aria-pressed={state.selected.includes(name)}
            className="inline-flex h-7 items-center gap-1.5 rounded-md border border-line-strong px-2.5 text-xs font-medium hover:bg-raised aria-pressed:border-accent-line aria-pressed:bg-accent-wash aria-pressed:text-accent max-md:h-9"
            onClick={() => press(name)}
          >
            <DeploymentMark slot={slot} size={9} />
            {name}
          </button>
        ))}
    </div>
  );
}
