'use client';

import { useTimeStyle } from '#components/layout/preferences.tsx';
import { Link } from '#components/ui/link.tsx';
import { Note } from '#components/ui/note.tsx';
import { Section } from '#components/ui/panel.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import type { CostRow } from '#lib/contracts/cost.ts';
import type { Deployment } from '#lib/contracts/deployment.ts';
import { formatHourlyRate } from '#lib/format/money.ts';
import { formatDay } from '#lib/format/time.ts';

/** The prices that the figures of the page stand on. They are the operator's. */
export function PricesInUse({
  rows,
  deployments,
  now,
}: {
  rows: readonly CostRow[];
  deployments: readonly Deployment[];
  now: number;
}) {
  const style = useTimeStyle();
  const parts = new Map(
    rows.flatMap((row) =>
      row.prices.map((part) => [`${part.instance_type} ${part.effective_from}`, { ...part, currency: row.currency }]),
    ),
  );
  const free = deployments.filter(({ price_per_hour_micros: price }) => price === 0);
  const external = free.filter((deployment) => deployment.external !== undefined);
  const unpriced = free.filter((deployment) => deployment.external === undefined);
  return (
    <Section title="Prices in use" actions={<Link href="/instance-types">Instance types</Link>}>
      <dl className="border-t border-line">
        {[...parts.values()].map((part) => (
          <div
            key={`${part.instance_type} ${part.effective_from}`}
            className="flex min-h-8 items-center justify-between gap-3 border-b border-line"
          >
            <dt>
              {part.instance_type}{' '}
              <span className="text-xs text-muted">since {formatDay(part.effective_from, now, style)}</span>
            </dt>
            <dd>
              <Figure {...formatHourlyRate(part.price_per_hour_micros, part.currency, style.locale)} />
            </dd>
          </div>
        ))}
      </dl>
      {external.length > 0 ? (
        <Note className="mt-3">
          {external.map(({ name }) => name).join(', ')} {external.length === 1 ? 'runs' : 'run'} outside of Viridian and{' '}
          {external.length === 1 ? 'has' : 'have'} no price, so nothing is counted. To count one, name an instance type
          that has it as instance_type.
        </Note>
      ) : null}
      {unpriced.length > 0 ? (
        <Note tone="warning" className="mt-3" actions={<Link href="/instance-types">Set a price</Link>}>
          No price is set for {[...new Set(unpriced.map(({ instance_type: type }) => type))].join(', ')}: its costs show
          as 0.
        </Note>
      ) : null}
    </Section>
  );
}
