'use client';

import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import { useMemo } from 'react';
import { useNow } from '#components/layout/age.tsx';
import { type CostPeriod, parseCostPeriod } from './cost-period.ts';

const MINUTE_MS = 60_000;

/** The period of the address, and the time to a minute, so that questions about now are asked once a minute. */
export function useCostPeriod() {
  const [state, setState] = useQueryStates(
    { by: parseAsStringLiteral(['day', 'hour'] as const).withDefault('day'), at: parseAsString },
    { history: 'push' },
  );
  const now = Math.ceil(useNow() / MINUTE_MS) * MINUTE_MS;
  const period = useMemo(() => parseCostPeriod(state.at, state.by, now), [state.at, state.by, now]);
  return {
    now,
    period,
    setPeriod: (by: CostPeriod['by'], at: string | null) => void setState({ by, at }),
  };
}
