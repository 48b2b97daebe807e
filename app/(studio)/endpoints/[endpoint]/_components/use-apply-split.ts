'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from '#components/ui/toast.tsx';
import type { Endpoint, Traffic, TrafficMap } from '#lib/contracts/endpoint.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { endpointQuery, trafficQuery } from '#lib/queries/endpoints.ts';
import { keys } from '#lib/queries/keys.ts';
import { applySplit } from '../actions.ts';

/** How often it is asked whether late workers have caught up. */
const CONFIRM_POLL_MS = 1_000;

export interface ApplyState {
  busy: boolean;
  /** Why it was refused; a conflict has code `request.precondition_failed`. */
  problem: Problem | null;
  /** What the gateway's workers said, after the last split that was sent from here. */
  workers: Traffic['workers'] | null;
}

const IDLE: ApplyState = { busy: false, problem: null, workers: null };

/**
 * Sends a split, shows it at once and takes it back where it is refused. The answer comes when every gateway worker serves the split; a worker
 * that is late is waited for here. The message offers the way back.
 * @param onRefused for callers that do not show `problem` themselves
 */
export function useApplySplit(endpoint: string, onRefused?: (problem: Problem) => void) {
  const client = useQueryClient();
  const { data } = useQuery(endpointQuery(endpoint));
  const [state, setState] = useState<ApplyState>(IDLE);
  const isLate = state.workers !== null && state.workers.confirmed < state.workers.total;
  const late = useQuery({ ...trafficQuery(endpoint), enabled: isLate, refetchInterval: CONFIRM_POLL_MS, staleTime: 0 });
  const workers = isLate && late.data ? late.data.workers : state.workers;

  async function apply(traffic: TrafficMap, reason?: string, from: Endpoint | undefined = data): Promise<boolean> {
    if (from === undefined) return false;
    const before = from.traffic;
    const queryKey = endpointQuery(endpoint).queryKey;
    setState({ busy: true, problem: null, workers: null });
    client.setQueryData(queryKey, { ...from, traffic });
    const result = await applySplit(endpoint, traffic, from.revision, reason);
    if (!result.ok) {
      client.setQueryData(queryKey, from);
      await client.invalidateQueries({ queryKey: keys.endpoints.one(endpoint) });
      setState({ busy: false, problem: result.problem, workers: null });
      onRefused?.(result.problem);
      return false;
    }
    const after: Endpoint = { ...from, traffic: result.data.traffic, revision: result.data.revision };
    client.setQueryData(queryKey, after);
    setState({ busy: false, problem: null, workers: result.data.workers });
    toast({
      text: describeChange(before, result.data.traffic),
      action: { label: 'Undo', onPress: () => void apply(before, 'Undone', after) },
    });
    await client.invalidateQueries({ queryKey: keys.endpoints.all() });
    return true;
  }

  return {
    ...state,
    workers,
    /** Sent, and not yet served by every worker. */
    isPropagating: state.busy || (workers !== null && workers.confirmed < workers.total),
    apply,
    clearProblem: () => setState((current) => ({ ...current, problem: null })),
  };
}

/** Says a refusal where there is no panel to show it in. */
export function toastRefusal({ title, detail }: Problem): void {
  toast({ tone: 'danger', text: `The split was not applied. ${title}: ${detail}` });
}

/** `Split applied: green 0 to 10 %`. */
function describeChange(before: TrafficMap, after: TrafficMap): string {
  const changed = Object.entries(after).filter(([name, percent]) => (before[name] ?? 0) !== percent);
  if (changed.length === 0) return 'Split applied';
  return `Split applied: ${changed.map(([name, percent]) => `${name} ${before[name] ?? 0} to ${percent} %`).join(', ')}`;
}
