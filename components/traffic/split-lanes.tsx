'use client';

import { Check, CircleAlert, Info } from 'lucide-react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { SplitBar } from '#components/ui/split-bar.tsx';
import { numberFormat } from '#lib/format/intl-cache.ts';
import { formatInteger } from '#lib/format/number.ts';
import { compareShares, MIN_SAMPLE } from '#lib/traffic/compare-shares.ts';
import type { Share } from '#lib/traffic/rebalance.ts';
import type { SplitDeployment } from './use-split-draft.ts';
import { type MeasuredShares, totalOf } from './use-measured-shares.ts';

export interface SplitLanesProps {
  deployments: readonly SplitDeployment[];
  applied: readonly Share[];
  measured: MeasuredShares | null;
  propagating: boolean;
}

/** What was asked for and what is: two lanes on the scale of the draft, with the sample that the second stands on. */
export function SplitLanes({ deployments, applied, measured, propagating }: SplitLanesProps) {
  const { locale } = usePreferences();
  const total = totalOf(measured);
  const enough = total >= MIN_SAMPLE;
  const percentOf = (name: string): number => applied.find((share) => share.name === name)?.percent ?? 0;
  return (
    <div className="grid grid-cols-[96px_minmax(0,1fr)] items-center gap-x-4 gap-y-1.5 text-xs text-muted max-md:grid-cols-1">
      <span>Desired</span>
      <SplitBar
        shares={deployments.map(({ name, slot }) => ({ name, slot, share: percentOf(name) }))}
        height="desired"
        propagating={propagating}
      />
      <span>Measured</span>
      <SplitBar
        shares={deployments.map(({ name, slot }) => ({ name, slot, share: enough ? (measured?.get(name) ?? 0) : 0 }))}
        height="measured"
        label={enough ? sayMeasured(deployments, measured, total, locale) : 'Not enough traffic to measure shares'}
      />
      <span className="col-start-2 flex flex-wrap justify-between gap-x-4 gap-y-1 max-md:col-start-1">
        <span>
          {measured === null
            ? 'Measured shares are not known yet'
            : enough
              ? `${sayMeasured(deployments, measured, total, locale)} of ${formatInteger(total, locale)} requests in 60 s`
              : `Not enough traffic (${formatInteger(total, locale)} requests in 60 s)`}
        </span>
        {measured ? <Verdict applied={applied} measured={measured} /> : null}
      </span>
    </div>
  );
}

/** `blue 89.4 % and green 10.6 %`; from three on the figures alone, in the order of the lane. */
function sayMeasured(
  deployments: readonly SplitDeployment[],
  measured: MeasuredShares | null,
  total: number,
  locale: string,
): string {
  const format = numberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const parts = deployments
    .map(({ name }) => ({ name, count: measured?.get(name) ?? 0 }))
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${name} ${format.format((count / total) * 100)} %`);
  return parts.length <= 2 ? parts.join(' and ') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

function Verdict({ applied, measured }: { applied: readonly Share[]; measured: MeasuredShares }) {
  const verdict = compareShares(applied, measured);
  if (verdict === 'too_few') return null;
  if (verdict === 'matches')
    return (
      <span className="flex items-center gap-1 text-success">
        <Check size={13} aria-hidden="true" /> matches desired
      </span>
    );
  if (verdict === 'impossible')
    return (
      <span className="flex items-center gap-1">
        <Info size={13} aria-hidden="true" /> {sayStrays(applied, measured)}
      </span>
    );
  return (
    <span className="flex items-center gap-1 text-warning">
      <CircleAlert size={13} aria-hidden="true" />
      differs from desired: a change within the minute, a sticky header, or calls that name a deployment
    </span>
  );
}

/** No split sends a request to a share of nothing, so nothing is wrong with the split. */
function sayStrays(applied: readonly Share[], measured: MeasuredShares): string {
  const strays = applied.filter(({ name, percent }) => percent === 0 && (measured.get(name) ?? 0) > 0);
  const names = strays.map(({ name }) => name).join(' and ');
  return `${names} ${strays.length === 1 ? 'has' : 'have'} no share: called by name, or changed within the minute`;
}
