'use client';

import { Fragment } from 'react';
import { ComputedFrom } from '#components/cost/computed-from.tsx';
import { CostSection } from '#components/cost/cost-section.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import { DeploymentName } from '#components/ui/deployment.tsx';
import { Link } from '#components/ui/link.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { CostResult, CostRow } from '#lib/contracts/cost.ts';
import type { Endpoint } from '#lib/contracts/endpoint.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRate, formatMoneyColumn } from '#lib/format/money.ts';
import { formatDecimal, formatRatio } from '#lib/format/number.ts';

const COLUMNS = 6;

export interface CostByEndpointProps {
  total: CostResult | undefined;
  error: unknown;
  onRetry: () => void;
  endpoints: readonly Endpoint[];
  shades: ReadonlyMap<string, string>;
  requests: ReadonlyMap<string, number> | null;
  now: number;
}

interface EndpointCostRow {
  name: string;
  micros: number;
  seconds: number;
  rows: CostRow[];
}

/** Which endpoint cost how much; on request by deployment, with the sum behind each figure. */
export function CostByEndpoint({ total, error, onRetry, ...props }: CostByEndpointProps) {
  return (
    <CostSection title="By endpoint" total={total} error={error} onRetry={onRetry}>
      {(known, explained) => <CostTable {...props} total={known} explained={explained} />}
    </CostSection>
  );
}

type CostTableProps = Omit<CostByEndpointProps, 'total' | 'error' | 'onRetry'> & { total: CostResult };

function CostTable({ explained, ...props }: CostTableProps & { explained: boolean }) {
  const { total, requests } = props;
  const { locale } = usePreferences();
  const rows = groupRows(total.items);
  const money = formatMoneyColumn(
    rows.flatMap((row) => [row.micros, perThousand(row, requests) ?? 0]),
    total.currency,
    locale,
  );
  return (
    <Table label="Cost by endpoint">
      <thead>
        <tr>
          <HeadCell>Endpoint</HeadCell>
          <HeadCell numeric>Run rate</HeadCell>
          <HeadCell numeric>Instance-hours</HeadCell>
          <HeadCell numeric>Total</HeadCell>
          <HeadCell>Share</HeadCell>
          <HeadCell numeric>Per 1,000 req</HeadCell>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Fragment key={row.name}>
            <EndpointRow {...props} row={row} money={money} />
            {explained ? <ExplainedRows {...props} row={row} /> : null}
          </Fragment>
        ))}
      </tbody>
    </Table>
  );
}

/** What 1,000 requests cost; null where nobody called. */
function perThousand(row: EndpointCostRow, requests: CostByEndpointProps['requests']): number | null {
  const calls = requests?.get(row.name) ?? 0;
  return calls === 0 ? null : Math.round((row.micros / calls) * 1000);
}

function EndpointRow({
  row,
  total,
  endpoints,
  shades,
  requests,
  money,
}: CostTableProps & { row: EndpointCostRow; money: (micros: number) => string }) {
  const { locale } = usePreferences();
  const endpoint = endpoints.find(({ name }) => name === row.name);
  const share = total.total_micros > 0 ? row.micros / total.total_micros : 0;
  const unitCost = perThousand(row, requests);
  return (
    <Row>
      <RowHeader>
        {endpoint ? (
          <Link look="object" href={`/endpoints/${encodeURIComponent(row.name)}/cost`}>
            {row.name}
          </Link>
        ) : (
          <span className="font-medium">
            {row.name} <span className="font-normal text-muted">deleted</span>
          </span>
        )}
      </RowHeader>
      <Cell numeric>
        <Figure
          {...formatHourlyRate(endpoint?.run_rate_micros_per_hour ?? 0, endpoint?.currency ?? total.currency, locale)}
        />
      </Cell>
      <Cell numeric>{formatDecimal(row.seconds / 3_600, locale)}</Cell>
      <Cell numeric className="font-medium">
        {money(row.micros)}
      </Cell>
      <Cell>
        <span className="flex items-center gap-2">
          <span className="h-1.5 w-24 overflow-hidden rounded-xs bg-fill">
            <span
              className="block h-full"
              style={{ width: `${share * 100}%`, background: shades.get(row.name) ?? 'var(--color-dep-rest)' }}
            />
          </span>
          {figureText(formatRatio(share, locale, 0))}
        </span>
      </Cell>
      <Cell numeric>{unitCost === null ? '–' : money(unitCost)}</Cell>
    </Row>
  );
}

function ExplainedRows({ row, endpoints, now }: CostTableProps & { row: EndpointCostRow }) {
  const slots = new Map(
    endpoints.find(({ name }) => name === row.name)?.deployments.map((one) => [one.name, one.colour_slot]),
  );
  return row.rows.map((part) => (
    <tr key={`${part.deployment} ${part.instance_type} ${part.currency}`}>
      <td colSpan={COLUMNS} className="border-b border-line bg-raised px-3 py-1">
        <DeploymentName name={part.deployment ?? ''} slot={slots.get(part.deployment ?? '') ?? 0} className="text-xs" />
        <ComputedFrom row={part} now={now} />
      </td>
    </tr>
  ));
}

/** Rows of one endpoint together, the costliest first. */
function groupRows(items: readonly CostRow[]): EndpointCostRow[] {
  const groups = new Map<string, EndpointCostRow>();
  for (const item of items) {
    const name = item.endpoint ?? '';
    const group = groups.get(name) ?? { name, micros: 0, seconds: 0, rows: [] };
    groups.set(name, group);
    group.micros += item.cost_micros;
    group.seconds += item.instance_seconds;
    group.rows.push(item);
  }
  return [...groups.values()].toSorted((a, b) => b.micros - a.micros);
}
