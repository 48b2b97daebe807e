'use client';

import { useQuery } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { useNow } from '#components/layout/age.tsx';
import { Button } from '#components/ui/button.tsx';
import type { TrafficHistoryEntry } from '#lib/contracts/endpoint.ts';
import { trafficHistoryQuery } from '#lib/queries/endpoints.ts';
import { useApplySplit } from './use-apply-split.ts';

const OFFERED_FOR_MS = 24 * 3_600_000;

/** One click back to the split before the last change, for a day after it. The label names what it goes back to. */
export function RollBackButton({ endpoint }: { endpoint: string }) {
  const now = useNow();
  const { data } = useQuery(trafficHistoryQuery(endpoint));
  const { apply, busy } = useApplySplit(endpoint);
  const [current, previous] = data?.items ?? [];
  if (current === undefined || previous === undefined || now === 0) return null;
  if (now - Date.parse(current.applied_at) > OFFERED_FOR_MS) return null;
  return (
    <Button
      icon={<History size={16} aria-hidden="true" />}
      busy={busy}
      onPress={() => void apply(previous.traffic, `Rolled back to r${previous.revision}`)}
    >
      Roll back to r{previous.revision} · {sayTraffic(previous)}
    </Button>
  );
}

/** `blue 90 %, green 10 %`. */
export function sayTraffic(entry: Pick<TrafficHistoryEntry, 'traffic'>): string {
  const live = Object.entries(entry.traffic).filter(([, percent]) => percent > 0);
  return live.length === 0 ? 'paused' : live.map(([name, percent]) => `${name} ${percent} %`).join(', ');
}
