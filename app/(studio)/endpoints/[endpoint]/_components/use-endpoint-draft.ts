'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useNow } from '#components/layout/age.tsx';
import { useSplitDraft } from '#components/traffic/use-split-draft.ts';
import type { Deployment } from '#lib/contracts/deployment.ts';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { trafficHistoryQuery } from '#lib/queries/endpoints.ts';
import { rankHeirs } from '#lib/traffic/rank-heirs.ts';
import { splitRowsOf } from './split-rows-of.ts';

/** The endpoint's rows, its drafted split, and who inherits what nobody had: the first heir is the baseline. */
export function useEndpointDraft(endpoint: Endpoint, deployments: readonly Deployment[]) {
  const { data: history } = useQuery(trafficHistoryQuery(endpoint.name));
  const now = useNow();
  const rows = useMemo(() => splitRowsOf(deployments), [deployments]);
  // A deployment gets live or mirrored traffic, never both: mirrors take no part in the split.
  const live = useMemo(() => rows.filter(({ mirrorPercent }) => mirrorPercent === 0), [rows]);
  const heirs = useMemo(
    () =>
      rankHeirs(
        history?.items ?? [],
        live.map(({ name }) => name),
        now,
      ),
    [history, live, now],
  );
  return { rows, live, heirs, draft: useSplitDraft(live, endpoint.traffic, heirs), latest: history?.items[0] };
}
