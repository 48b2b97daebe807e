'use client';

import { useQuery } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { useRef } from 'react';
import { useNow } from '#components/layout/age.tsx';
import { useShortcuts } from '#components/layout/use-shortcuts.ts';
import { Button } from '#components/ui/button.tsx';
import { endpointQuery, trafficHistoryQuery } from '#lib/queries/endpoints.ts';
import { sayTraffic } from './split-words.ts';
import { toastRefusal, useApplySplit } from './use-apply-split.ts';

const OFFERED_FOR_MS = 24 * 3_600_000;

/**
 * One click back to the split before the last change, for a day after it. The label names what it goes back to; a split with a deployment that
 * is gone is not offered.
 */
export function RollBackButton({ endpoint }: { endpoint: string }) {
  const now = useNow();
  const button = useRef<HTMLSpanElement>(null);
  const { data: history } = useQuery(trafficHistoryQuery(endpoint));
  const { data: detail } = useQuery(endpointQuery(endpoint));
  const { apply, busy } = useApplySplit(endpoint, toastRefusal);
  useShortcuts([
    {
      keys: 'r',
      label: 'Go to roll back',
      group: 'Endpoint',
      run: () => button.current?.querySelector('button')?.focus(),
    },
  ]);
  const [current, ...earlier] = history?.items ?? [];
  // A change of mirrors or settings has a revision too, but the same split.
  const previous = current && earlier.find((entry) => sayTraffic(entry) !== sayTraffic(current));
  if (current === undefined || previous === undefined || detail === undefined || now === 0) return null;
  const isOld = now - Date.parse(current.applied_at) > OFFERED_FOR_MS;
  const names = new Set(detail.deployments.map(({ name }) => name));
  const isWhole = Object.entries(previous.traffic).every(([name, percent]) => percent === 0 || names.has(name));
  if (isOld || !isWhole) return null;
  return (
    <span ref={button} className="min-w-0">
      <Button
        icon={<History size={16} aria-hidden="true" />}
        busy={busy}
        className="max-w-full"
        onPress={() => void apply(previous.traffic, `Rolled back to r${previous.revision}`)}
      >
        <span className="truncate">
          Roll back to r{previous.revision} · {sayTraffic(previous)}
        </span>
      </Button>
    </span>
  );
}
