'use client';

import { useTimeStyle } from '#components/layout/preferences.tsx';
import type { CostRow } from '#lib/contracts/cost.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRate, formatMoney } from '#lib/format/money.ts';
import { formatInteger } from '#lib/format/number.ts';
import { formatDay } from '#lib/format/time.ts';

/** How a row came about: instance time × the price in force then. A price without a start was the first one. */
export function ComputedFrom({ row, now }: { row: CostRow; now: number }) {
  const style = useTimeStyle();
  if (row.prices.length === 0) return <p className="text-muted">Nothing ran, so nothing was charged.</p>;
  return (
    <ul className="grid gap-1 py-1 text-xs text-muted">
      {row.prices.map((part) => (
        <li key={`${part.instance_type} ${part.effective_from} ${part.price_per_hour_micros}`}>
          {formatInteger(part.instance_seconds, style.locale)} instance-seconds on {part.instance_type} ×{' '}
          {figureText(formatHourlyRate(part.price_per_hour_micros, row.currency, style.locale))} ÷ 3,600 ={' '}
          <b className="font-medium text-text">
            {formatMoney(
              Math.round((part.instance_seconds * part.price_per_hour_micros) / 3_600),
              row.currency,
              style.locale,
            )}
          </b>
          , price since {formatDay(part.effective_from, now, style)}
        </li>
      ))}
    </ul>
  );
}
