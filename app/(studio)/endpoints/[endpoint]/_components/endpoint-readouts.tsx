'use client';

import { useQuery } from '@tanstack/react-query';
import { useEndpointFigures } from '#components/endpoints/use-endpoint-figures.ts';
import { usePreferences } from '#components/layout/preferences.tsx';
import { useNow } from '#components/layout/age.tsx';
import { HeaderReadouts } from '#components/ui/readouts.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { formatLatency } from '#lib/format/duration.ts';
import { formatHourlyRateInProse, formatMoney } from '#lib/format/money.ts';
import { formatRatio, formatRequestRate } from '#lib/format/number.ts';
import { costsQuery } from '#lib/queries/costs.ts';

const FIGURES_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Rate, latency, errors and money of one endpoint, in the header band. */
export function EndpointReadouts({ endpoint }: { endpoint: Endpoint }) {
  const { locale } = usePreferences();
  const { figures } = useEndpointFigures(FIGURES_MS);
  const figure = figures.get(endpoint.name);
  const rate = formatRequestRate(figure?.ratePerSecond ?? 0, locale);
  const p95 = formatLatency(figure?.p95Ms ?? null, locale);
  const errors = formatRatio(figure?.errorRatio ?? null, locale);
  const runRate = formatHourlyRateInProse(endpoint.run_rate_micros_per_hour, endpoint.currency, locale);
  return (
    <HeaderReadouts
      items={[
        { label: 'Requests', ...rate },
        { label: 'p95', ...p95 },
        { label: 'Errors', ...errors },
        { label: 'Run rate', ...runRate },
        { label: 'Month to date', value: <MonthToDate endpoint={endpoint} /> },
      ]}
    />
  );
}

function MonthToDate({ endpoint }: { endpoint: Endpoint }) {
  const { locale } = usePreferences();
  const now = Math.floor(useNow() / MINUTE_MS) * MINUTE_MS;
  const { data } = useQuery({ ...costsQuery(monthToDate(endpoint.name, now)), enabled: now > 0 });
  return data ? formatMoney(data.total_micros, data.currency, locale) : '–';
}

function monthToDate(endpoint: string, now: number) {
  const date = new Date(now);
  const from = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)).toISOString();
  return {
    endpoint,
    from,
    to: new Date(now + MINUTE_MS).toISOString(),
    granularity: 'total' as const,
    groupBy: ['endpoint'] as const,
  };
}
