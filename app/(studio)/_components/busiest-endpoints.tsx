'use client';

import { EndpointSplit } from '#components/endpoints/endpoint-split.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import { Link } from '#components/ui/link.tsx';
import { Section } from '#components/ui/panel.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import { Sparkline } from '#components/ui/sparkline.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { formatLatency } from '#lib/format/duration.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRate } from '#lib/format/money.ts';
import { formatRatio, formatRequestRate } from '#lib/format/number.ts';
import type { EndpointFigures } from '#lib/queries/endpoint-figures.ts';

const SHOWN = 5;

export interface BusiestEndpointsProps {
  endpoints: readonly Endpoint[];
  figures: ReadonlyMap<string, EndpointFigures>;
}

export function BusiestEndpoints({ endpoints, figures }: BusiestEndpointsProps) {
  const { locale } = usePreferences();
  const rateOf = (endpoint: Endpoint) => figures.get(endpoint.name)?.ratePerSecond ?? 0;
  const busiest = endpoints.toSorted((a, b) => rateOf(b) - rateOf(a) || a.name.localeCompare(b.name)).slice(0, SHOWN);
  return (
    <Section
      title="Busiest endpoints"
      actions={
        <Link href="/endpoints" className="text-xs">
          {endpoints.length === 1 ? 'The endpoint list' : `All ${endpoints.length} endpoints`}
        </Link>
      }
    >
      <Table label="Busiest endpoints">
        <thead>
          <tr>
            <HeadCell>Endpoint</HeadCell>
            <HeadCell>Split</HeadCell>
            <HeadCell numeric>Requests</HeadCell>
            <HeadCell className="max-md:hidden">
              <span className="sr-only">Requests over time</span>
            </HeadCell>
            <HeadCell numeric>p95</HeadCell>
            <HeadCell numeric className="max-md:hidden">
              Errors
            </HeadCell>
            <HeadCell numeric className="max-md:hidden">
              Run rate
            </HeadCell>
          </tr>
        </thead>
        <tbody>
          {busiest.map((endpoint) => {
            const figure = figures.get(endpoint.name);
            return (
              <Row key={endpoint.name}>
                <RowHeader>
                  <Link look="object" href={`/endpoints/${encodeURIComponent(endpoint.name)}`}>
                    {endpoint.name}
                  </Link>
                </RowHeader>
                <Cell>
                  <EndpointSplit endpoint={endpoint} className="w-24 max-md:w-16" />
                </Cell>
                <Cell numeric>
                  <Figure {...formatRequestRate(figure?.ratePerSecond ?? 0, locale)} />
                </Cell>
                <Cell className="max-md:hidden">
                  <Sparkline values={figure?.spark ?? []} width={120} height={28} />
                </Cell>
                <Cell numeric>{figureText(formatLatency(figure?.p95Ms ?? null, locale))}</Cell>
                <Cell numeric className="max-md:hidden">
                  {figureText(formatRatio(figure?.errorRatio ?? null, locale))}
                </Cell>
                <Cell numeric className="max-md:hidden">
                  <Figure {...formatHourlyRate(endpoint.run_rate_micros_per_hour, endpoint.currency, locale)} />
                </Cell>
              </Row>
            );
          })}
        </tbody>
      </Table>
    </Section>
  );
}
