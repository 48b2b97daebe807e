'use client';

import { Fragment } from 'react';
import { ComputedFrom } from '#components/cost/computed-from.tsx';
import { CostSection } from '#components/cost/cost-section.tsx';
import { type IdleCost, totalIdle } from '#components/cost/cost-series.ts';
import { usePreferences } from '#components/layout/preferences.tsx';
import { DeploymentMark, slotStyle } from '#components/ui/deployment.tsx';
import { Link } from '#components/ui/link.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { CostResult, CostRow } from '#lib/contracts/cost.ts';
import { formatMoneyColumn } from '#lib/format/money.ts';
import { formatDecimal, formatRatio } from '#lib/format/number.ts';
import { figureText } from '#lib/format/figure.ts';

const COLUMNS = 7;

export interface CostByDeploymentProps {
  endpoint: string;
  total: CostResult | undefined;
  error: unknown;
  onRetry: () => void;
  slots: ReadonlyMap<string, number>;
  idle: IdleCost | null;
  requests: ReadonlyMap<string, number> | null;
  now: number;
}

/** Who cost how much, on what, and on request the sum behind each figure. Deployments that are gone keep their rows. */
export function CostByDeployment({ total, error, onRetry, ...props }: CostByDeploymentProps) {
  return (
    <CostSection title="By deployment" total={total} error={error} onRetry={onRetry}>
      {(known, explained) => <CostTable {...props} total={known} explained={explained} />}
    </CostSection>
  );
}

type CostRowProps = Omit<CostByDeploymentProps, 'total' | 'error' | 'onRetry'>;

function CostTable({ total, explained, ...props }: CostRowProps & { total: CostResult; explained: boolean }) {
  const { locale } = usePreferences();
  const { idle, requests, slots } = props;
  const sum = total.total_micros;
  const rows = total.items.toSorted(
    (a, b) => (slots.get(a.deployment ?? '') ?? 99) - (slots.get(b.deployment ?? '') ?? 99),
  );
  const money = formatMoneyColumn(
    rows.flatMap((row) => [row.cost_micros, perThousand(row, requests) ?? 0]),
    total.currency,
    locale,
  );
  return (
    <Table label="Cost by deployment">
      <thead>
        <tr>
          <HeadCell>Deployment</HeadCell>
          <HeadCell>Instance type</HeadCell>
          <HeadCell numeric>Instance-hours</HeadCell>
          <HeadCell numeric>Idle</HeadCell>
          <HeadCell numeric>Total</HeadCell>
          <HeadCell>Share</HeadCell>
          <HeadCell numeric>Per 1,000 req</HeadCell>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Fragment key={`${row.deployment} ${row.instance_type} ${row.currency}`}>
            <CostTableRow {...props} row={row} sum={sum} money={money} />
            {explained ? (
              <tr>
                <td colSpan={COLUMNS} className="border-b border-line bg-raised px-3">
                  <ComputedFrom row={row} now={props.now} />
                </td>
              </tr>
            ) : null}
          </Fragment>
        ))}
        <tr className="font-medium">
          <RowHeader>Total</RowHeader>
          <Cell />
          <Cell numeric>
            {hours(
              rows.reduce((time, row) => time + row.instance_seconds, 0),
              locale,
            )}
          </Cell>
          <Cell numeric>{idle === null ? '–' : money(totalIdle(idle))}</Cell>
          <Cell numeric>{money(sum)}</Cell>
          <Cell />
          <Cell />
        </tr>
      </tbody>
    </Table>
  );
}

function CostTableRow({
  endpoint,
  row,
  sum,
  slots,
  idle,
  requests,
  money,
}: CostRowProps & { row: CostRow; sum: number; money: (micros: number) => string }) {
  const { locale } = usePreferences();
  const name = row.deployment ?? '';
  const slot = slots.get(name);
  const unitCost = perThousand(row, requests);
  const share = sum === 0 ? 0 : row.cost_micros / sum;
  return (
    <Row>
      <RowHeader>
        <span className="flex items-center gap-1.5">
          <DeploymentMark slot={slot ?? 0} />
          {slot === undefined ? (
            <span className="font-medium">
              {name} <span className="font-normal text-muted">deleted</span>
            </span>
          ) : (
            <Link
              look="object"
              href={`/endpoints/${encodeURIComponent(endpoint)}/deployments/${encodeURIComponent(name)}`}
            >
              {name}
            </Link>
          )}
        </span>
      </RowHeader>
      <Cell>{row.instance_type}</Cell>
      <Cell numeric>{hours(row.instance_seconds, locale)}</Cell>
      <Cell numeric>{idle === null ? '–' : money(totalIdle(idle, name))}</Cell>
      <Cell numeric className="font-medium">
        {money(row.cost_micros)}
      </Cell>
      <Cell>
        <span className="flex items-center gap-2">
          <span className="h-1.5 w-24 overflow-hidden rounded-xs bg-fill" style={slotStyle(slot ?? 0)}>
            <span className="block h-full bg-(--c)" style={{ width: `${share * 100}%` }} />
          </span>
          {figureText(formatRatio(share, locale, 0))}
        </span>
      </Cell>
      <Cell numeric>{unitCost === null ? '–' : money(unitCost)}</Cell>
    </Row>
  );
}

/** What 1,000 requests cost; null where nobody called. */
function perThousand(row: CostRow, requests: CostByDeploymentProps['requests']): number | null {
  const calls = requests?.get(row.deployment ?? '') ?? 0;
  return calls === 0 ? null : Math.round((row.cost_micros / calls) * 1000);
}

function hours(seconds: number, locale: string): string {
  return formatDecimal(seconds / 3_600, locale);
}
