'use client';

import { usePreferences } from '#components/layout/preferences.tsx';
import { DeploymentName } from '#components/ui/deployment.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { MirrorTotals } from '#lib/contracts/mirror-comparison.ts';
import { formatLatency } from '#lib/format/duration.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatInteger, formatRatio } from '#lib/format/number.ts';
import { describeCounts } from './mirror-words.ts';

export interface MirrorAgreementProps {
  mirrors: readonly MirrorTotals[];
  slotOf: (deployment: string) => number;
}

/** How often each mirror said what the live deployment said, and how much longer it took. */
export function MirrorAgreement({ mirrors, slotOf }: MirrorAgreementProps) {
  const { locale } = usePreferences();
  return (
    <Table label="Agreement of mirrors in the last 24 hours">
      <thead>
        <tr>
          <HeadCell>Mirror</HeadCell>
          <HeadCell>Live</HeadCell>
          <HeadCell numeric>Agreement</HeadCell>
          <HeadCell numeric>Compared</HeadCell>
          <HeadCell className="max-md:hidden">Disagreed</HeadCell>
          <HeadCell className="max-md:hidden">Not compared</HeadCell>
          <HeadCell numeric className="max-md:hidden">
            Time over live, p50 and p95
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {mirrors.map((totals) => (
          <Row key={`${totals.live} ${totals.mirror}`}>
            <RowHeader>
              <DeploymentName name={totals.mirror} slot={slotOf(totals.mirror)} />
            </RowHeader>
            <Cell>
              <DeploymentName name={totals.live} slot={slotOf(totals.live)} />
            </Cell>
            <Cell numeric>
              <Figure {...formatRatio(totals.agreement_rate, locale)} />
            </Cell>
            <Cell numeric>{formatInteger(totals.compared, locale)}</Cell>
            <Cell className="max-md:hidden">{describeCounts(totals.disagreed, locale) || 'none'}</Cell>
            <Cell className="max-md:hidden">{describeCounts(totals.not_compared, locale) || 'none'}</Cell>
            <Cell numeric className="max-md:hidden">
              {totals.latency_difference_ms === null
                ? '–'
                : `${signed(totals.latency_difference_ms.p50, locale)}, ${signed(totals.latency_difference_ms.p95, locale)}`}
            </Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}

/** The mirror's time less the live one's: `+12 ms` is slower. */
function signed(ms: number, locale: string): string {
  return `${ms < 0 ? '−' : '+'}${figureText(formatLatency(Math.abs(ms), locale))}`;
}
