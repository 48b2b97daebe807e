'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { applySplit } from '../actions.ts';
import { toast } from '#components/ui/toast.tsx';
import type { Endpoint, Traffic, TrafficMap } from '#lib/contracts/endpoint.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { endpointQuery } from '#lib/queries/endpoints.ts';
import { keys } from '#lib/queries/keys.ts';

/**
 * Sends a split, shows it at once and takes it back where it is refused. `confirmed` is what the gateway's workers said; the message offers the
 * way back.
 */
export function useApplySplit(endpoint: string) {
  const client = useQueryClient();
  const { data } = useQuery(endpointQuery(endpoint));
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [confirmed, setConfirmed] = useState<Traffic['workers'] | null>(null);

  async function apply(traffic: TrafficMap, reason?: string, from: Endpoint | undefined = data): Promise<boolean> {
    if (from === undefined) return false;
    const before = from.traffic;
    setBusy(true);
    setProblem(null);
    client.setQueryData(endpointQuery(endpoint).queryKey, { ...from, traffic });
    const result = await applySplit(endpoint, traffic, from.revision, reason);
    setBusy(false);
    if (!result.ok) {
      client.setQueryData(endpointQuery(endpoint).queryKey, from);
      setProblem(result.problem);
      await client.invalidateQueries({ queryKey: keys.endpoints.one(endpoint) });
      return false;
    }
    const after: Endpoint = { ...from, traffic: result.data.traffic, revision: result.data.revision };
    client.setQueryData(endpointQuery(endpoint).queryKey, after);
    setConfirmed(result.data.workers);
    await client.invalidateQueries({ queryKey: keys.endpoints.all() });
    toast({
      text: describeChange(before, result.data.traffic),
      action: { label: 'Undo', onPress: () => void apply(before, 'Undone', after) },
    });
    return true;
  }

  return { apply, busy, problem, confirmed, clearProblem: () => setProblem(null) };
}

/** `Split applied: green 0 to 10 %`. */
function describeChange(before: TrafficMap, after: TrafficMap): string {
  const changed = Object.entries(after).filter(([name, percent]) => (before[name] ?? 0) !== percent);
  if (changed.length === 0) return 'Split applied';
  return `Split applied: ${changed.map(([name, percent]) => `${name} ${before[name] ?? 0} to ${percent} %`).join(', ')}`;
}
