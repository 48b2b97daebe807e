'use client';

import { useMemo } from 'react';
import { parseAsString, parseAsStringLiteral } from '#components/address/query-parameters.ts';
import { useQueryStates } from '#components/address/use-query-state.ts';
import { useNow } from '#components/layout/age.tsx';
import { type CostPeriod, parseCostPeriod } from './cost-period.ts';

const MINUTE_MS = 60_000;
const PARAMETERS = { by: parseAsStringLiteral(['day', 'hour']).withDefault('day'), at: parseAsString };

/** The period of the address, and the time to a minute, so that questions about now are asked once a minute. */
export function useCostPeriod() {
  const [state, setState] = useQueryStates(PARAMETERS, { history: 'push' });
  const now = Math.ceil(useNow() / MINUTE_MS) * MINUTE_MS;
  const period = useMemo(() => parseCostPeriod(state.at, state.by, now), [state.at, state.by, now]);
  return {
    now,
    period,
    setPeriod: (by: CostPeriod['by'], at: string | null) => void setState({ by, at }),
  };
}
