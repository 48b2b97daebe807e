'use client';

import {
  CircleAlert,
  CircleCheck,
  KeyRound,
  Percent,
  Rocket,
  RotateCw,
  Scaling,
  SlidersHorizontal,
  Trash2,
} from 'lucide-react';
import { Age } from '#components/layout/age.tsx';
import { DeploymentMark } from '#components/ui/deployment.tsx';
import { Link } from '#components/ui/link.tsx';
import { Popover } from '#components/ui/popover.tsx';
import type { Span } from '#lib/time-range/time-range.ts';
import type { ChartEvent } from './chart-series.ts';
import { AXIS_WIDTH_PX, RIGHT_PX } from './plot-geometry.ts';
import { useElementWidth } from './use-element-size.ts';

const ICONS = {
  deploy: Rocket,
  traffic: Percent,
  scale: Scaling,
  config: SlidersHorizontal,
  restart: RotateCw,
  delete: Trash2,
  failure: CircleAlert,
  key: KeyRound,
  ready: CircleCheck,
};

/** Words need this much room; without it only the mark is drawn. */
const TEXT_PX = 90;
/** Marks closer than this are one mark with a count. */
const CLUSTER_PX = 32;

interface EventCluster {
  x: number;
  events: ChartEvent[];
  hasText: boolean;
}

/** Marks of what somebody changed, above the first chart of a column. */
export function EventLane({
  events,
  span,
  endPx = RIGHT_PX,
}: {
  events: readonly ChartEvent[];
  span: Span;
  endPx?: number;
}) {
  const { ref, width } = useElementWidth();
  const plotWidth = width - AXIS_WIDTH_PX - endPx;
  return (
    <div ref={ref} className="relative h-5" role="group" aria-label="Changes in this range">
      {width === 0
        ? null
        : clusterEvents(events, span, plotWidth).map((cluster) => (
            <EventMark key={cluster.events[0]?.id} cluster={cluster} />
          ))}
    </div>
  );
}

/** Neighbours that would cover each other become one. */
export function clusterEvents(events: readonly ChartEvent[], { fromMs, toMs }: Span, width: number): EventCluster[] {
  const clusters: EventCluster[] = [];
  const inside = events.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).toSorted((a, b) => a.atMs - b.atMs);
  for (const event of inside) {
    const x = ((event.atMs - fromMs) / (toMs - fromMs)) * width;
    const last = clusters.at(-1);
    if (last && x - last.x < CLUSTER_PX) last.events.push(event);
    else clusters.push({ x, events: [event], hasText: false });
  }
  for (const [index, cluster] of clusters.entries())
    cluster.hasText =
      (clusters[index + 1]?.x ?? width + TEXT_PX / 2) - cluster.x >= TEXT_PX && cluster.events.length === 1;
  return clusters;
}

function EventMark({ cluster }: { cluster: EventCluster }) {
  const [first] = cluster.events;
  if (!first) return null;
  const Icon = ICONS[first.kind];
  const sentence = cluster.events.map(({ text }) => text).join(' ');
  return (
    <span className="absolute top-0" style={{ left: AXIS_WIDTH_PX + cluster.x }}>
      <Popover
        label="What changed"
        placement="bottom start"
        trigger={
          <button
            type="button"
            aria-label={cluster.events.length === 1 ? sentence : `${cluster.events.length} changes`}
            title={sentence}
            className="inline-flex h-5 -translate-x-1.5 items-center gap-1 rounded-sm bg-page px-px text-2xs whitespace-nowrap text-muted hover:text-text"
          >
            {first.slot === null ? (
              <Icon size={12} aria-hidden="true" />
            ) : (
              <DeploymentMark slot={first.slot} size={9} />
            )}
            {cluster.events.length > 1 ? cluster.events.length : null}
            {cluster.hasText ? <span className="max-w-36 truncate max-md:hidden">{first.label}</span> : null}
          </button>
        }
      >
        <EventList events={cluster.events} />
      </Popover>
    </span>
  );
}

function EventList({ events }: { events: readonly ChartEvent[] }) {
  return (
    <ul className="grid max-w-90 gap-2 p-2">
      {events.map((event) => (
        <li key={event.id} className="grid gap-0.5">
          <span>{event.text}</span>
          <span className="flex gap-2 text-xs text-muted">
            <Age at={event.atMs} as="when" />
            {event.href ? <Link href={event.href}>Operation</Link> : null}
          </span>
        </li>
      ))}
    </ul>
  );
}
