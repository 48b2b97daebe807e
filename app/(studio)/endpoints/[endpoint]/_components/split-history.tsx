'use client';

import { useQuery } from '@tanstack/react-query';
import { Actor } from '#components/layout/actor.tsx';
import { Age } from '#components/layout/age.tsx';
import { Button } from '#components/ui/button.tsx';
import { Chip } from '#components/ui/chip.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Section } from '#components/ui/panel.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { SplitBar } from '#components/ui/split-bar.tsx';
import type { TrafficHistoryEntry } from '#lib/contracts/endpoint.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { endpointQuery, trafficHistoryQuery } from '#lib/queries/endpoints.ts';
import { sayMirrors, sayTraffic } from './split-words.ts';
import { toastRefusal, useApplySplit } from './use-apply-split.ts';

/** Every split that was ever applied: who, when, why, and the way back. */
export function SplitHistory({ endpoint }: { endpoint: string }) {
  const { data, error, refetch } = useQuery(trafficHistoryQuery(endpoint));
  return (
    <Section title="Split history">
      {error ? (
        <ErrorState problem={problemOf(error)} title="The history could not be read" onRetry={() => void refetch()} />
      ) : null}
      {data === undefined && !error ? <SkeletonRows label="the split history" rows={2} /> : null}
      {data?.items.length === 0 ? (
        <p className="border-t border-line py-3 text-muted">No split was applied yet.</p>
      ) : null}
      <ol className="border-t border-line empty:border-0">
        {data?.items.map((entry, index) => (
          <HistoryRow key={entry.revision} endpoint={endpoint} entry={entry} isCurrent={index === 0} />
        ))}
      </ol>
    </Section>
  );
}

function HistoryRow({
  endpoint,
  entry,
  isCurrent,
}: {
  endpoint: string;
  entry: TrafficHistoryEntry;
  isCurrent: boolean;
}) {
  const { data } = useQuery(endpointQuery(endpoint));
  const { apply, busy } = useApplySplit(endpoint, toastRefusal);
  const slots = new Map(data?.deployments.map((one) => [one.name, one.colour_slot]));
  const shares = Object.entries(entry.traffic).map(([name, share]) => ({ name, share, slot: slots.get(name) ?? 0 }));
  const notes = [sayMirrors(entry), entry.reason].filter(Boolean);
  const gone = shares.filter(({ name, share }) => share > 0 && !slots.has(name));
  return (
    <li className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line py-1.5">
      <span className="w-10 font-mono text-xs text-muted">r{entry.revision}</span>
      <SplitBar shares={shares} className="w-28" />
      <span className="min-w-40 flex-1">
        {sayTraffic(entry)}
        {notes.length === 0 ? null : <span className="text-muted"> · {notes.join(' · ')}</span>}
      </span>
      <span className="text-xs text-muted">
        <Actor name={entry.actor} />, <Age at={entry.applied_at} as="when" />
      </span>
      {isCurrent ? (
        <Chip tone="plain" size="sm">
          applied
        </Chip>
      ) : (
        <Button
          size="sm"
          busy={busy}
          isDisabled={gone.length > 0}
          title={gone.length > 0 ? `${gone[0]?.name} was deleted` : undefined}
          onPress={() => void apply(entry.traffic, `Restored r${entry.revision}`)}
        >
          Restore
        </Button>
      )}
    </li>
  );
}
