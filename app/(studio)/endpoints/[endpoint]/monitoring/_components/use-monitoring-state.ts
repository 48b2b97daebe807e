'use client';

import { useEffect, useMemo, useState } from 'react';
import {
  parseAsBoolean,
  parseAsNames,
  parseAsString,
  parseAsStringLiteral,
} from '#components/address/query-parameters.ts';
import { useQueryStates } from '#components/address/use-query-state.ts';
import { usePreferences } from '#components/layout/preferences.tsx';
import {
  formatRange,
  isLive,
  parseRange,
  resolveRange,
  showableRange,
  type Span,
  type TimeRange,
} from '#lib/time-range/time-range.ts';

const DEFAULT_RANGE = 'now-1h..now';
const HOUR = parseRange(DEFAULT_RANGE)!;
/** How often a range that moves moves on the time axis. */
const TICK_MS = 5_000;

export const GROUPINGS = ['endpoint', 'deployment'] as const;
export type Grouping = (typeof GROUPINGS)[number];

const PARAMETERS = {
  range: parseAsString.withDefault(DEFAULT_RANGE),
  group: parseAsStringLiteral(GROUPINGS).withDefault('endpoint'),
  dep: parseAsNames.withDefault([]),
  events: parseAsBoolean.withDefault(true),
  live: parseAsBoolean.withDefault(true),
};

/** What the page shows, all of it in the address. A range that cannot be read or shows nothing falls back to the last hour. */
export function useMonitoringState() {
  const { timeZone } = usePreferences();
  const [state, setState] = useQueryStates(PARAMETERS);
  const named = useMemo(() => showableNow(state.range, timeZone), [state.range, timeZone]);
  const range = named ?? HOUR;
  const live = state.live && isLive(range);
  const now = useTicks(live);
  const span = useMemo<Span>(() => resolveRange(range, now, timeZone), [range, now, timeZone]);
  return {
    range,
    rangeText: formatRange(range),
    /** The address named a range that could not be shown. */
    isDropped: named === null,
    span,
    live: state.live,
    group: state.group,
    selected: state.dep,
    events: state.events,
    setRange: (next: TimeRange) => void setState({ range: formatRange(next) }, { history: 'push' }),
    setLive: (next: boolean) => void setState({ live: next }),
    setGroup: (group: Grouping) => void setState({ group, dep: [] }),
    setSelected: (dep: string[]) => void setState({ dep }),
    setEvents: (events: boolean) => void setState({ events }),
  };
}

export type MonitoringState = ReturnType<typeof useMonitoringState>;

function showableNow(text: string, timeZone: string): TimeRange | null {
  return showableRange(text, Date.now(), timeZone);
}

/** The time, moving on every few seconds while a range follows it. */
function useTicks(running: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}
