'use client';

import { EndpointSplit } from '#components/endpoints/endpoint-split.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import { StatusChip } from '#components/ui/chip.tsx';
import { Link } from '#components/ui/link.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { formatLatency } from '#lib/format/duration.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRate } from '#lib/format/money.ts';
import { formatRatio, formatRequestRate } from '#lib/format/number.ts';
import type { EndpointFigures } from '#lib/queries/endpoint-figures.ts';

export interface EndpointCardsProps {
  endpoints: readonly Endpoint[];
  figures: ReadonlyMap<string, EndpointFigures>;
}

/** The list on a phone: state, split and the four figures of each endpoint. */
export function EndpointCards({ endpoints, figures }: EndpointCardsProps) {
  const { locale } = usePreferences();
  return (
    <ul aria-label="Endpoints">
      {endpoints.map((endpoint) => {
        const figure = figures.get(endpoint.name);
        const facts = [
          { term: 'Requests', value: <Figure {...formatRequestRate(figure?.ratePerSecond ?? 0, locale)} /> },
          { term: 'p95', value: figureText(formatLatency(figure?.p95Ms ?? null, locale)) },
          { term: 'Errors', value: figureText(formatRatio(figure?.errorRatio ?? null, locale)) },
          {
            term: 'Run rate',
            value: formatHourlyRate(endpoint.run_rate_micros_per_hour, endpoint.currency, locale).value,
          },
        ];
        return (
          <li key={endpoint.name} className="grid gap-2.5 border-b border-line py-4">
            <span className="flex items-center justify-between gap-3">
              <Link look="object" href={`/endpoints/${encodeURIComponent(endpoint.name)}`} className="py-1 text-base">
                {endpoint.name}
              </Link>
              <StatusChip status={endpoint.state} />
            </span>
            {endpoint.state_reason === '' || endpoint.state === 'healthy' ? null : (
              <p className="text-xs text-muted">{endpoint.state_reason}</p>
            )}
            <EndpointSplit endpoint={endpoint} />
            <dl className="grid grid-cols-[1.2fr_1fr_1fr_auto] gap-3">
              {facts.map((fact) => (
                <div key={fact.term}>
                  <dt className="text-xs text-muted">{fact.term}</dt>
                  <dd>{fact.value}</dd>
                </div>
              ))}
            </dl>
          </li>
        );
      })}
    </ul>
  );
}
