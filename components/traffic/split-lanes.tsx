'use client';

import { Check, CircleAlert } from 'lucide-react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { SplitBar } from '#components/ui/split-bar.tsx';
import { formatInteger } from '#lib/format/number.ts';
import { compareShares, MIN_SAMPLE } from '#lib/traffic/compare-shares.ts';
import type { Share } from '#lib/traffic/rebalance.ts';
import type { SplitDeployment } from './use-split-draft.ts';

export interface SplitLanesProps {
  deployments: readonly SplitDeployment[];
  applied: readonly Share[];
  /** Requests of the last minute at the gateway, by deployment, without those that named one; null while unknown. */
  measured: ReadonlyMap<string, number> | null;
  propagating: boolean;
}

/** What was asked for and what is: two lanes on one scale, with the sample that the second stands on. */
export function SplitLanes({ deployments, applied, measured, propagating }: SplitLanesProps) {
  const total = [...(measured?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  const enough = total >= MIN_SAMPLE;
  const shares = (weights: (name: string) => number) =>
    deployments.map(({ name, slot }) => ({ name, slot, share: weights(name) }));
  const percentOf = (name: string): number => applied.find((share) => share.name === name)?.percent ?? 0;
  return (
    <div className="grid grid-cols-[84px_minmax(0,1fr)] items-center gap-x-3 gap-y-1.5 text-xs text-muted">
      <span>Desired</span>
      <SplitBar shares={shares(percentOf)} height="desired" propagating={propagating} />
      <span>Measured</span>
      <SplitBar
        shares={shares((name) => (enough ? (measured?.get(name) ?? 0) : 0))}
        height="measured"
        label={enough ? sayMeasured(deployments, measured, total) : 'Not enough traffic to measure shares'}
      />
      <span />
      <span className="flex flex-wrap justify-between gap-2">
        <MeasuredWords deployments={deployments} measured={measured} total={total} />
        {measured ? <Verdict applied={applied} measured={measured} /> : null}
      </span>
    </div>
  );
}

function sayMeasured(
  deployments: readonly SplitDeployment[],
  measured: ReadonlyMap<string, number> | null,
  total: number,
): string {
  return deployments
    .map(({ name }) => ({ name, count: measured?.get(name) ?? 0 }))
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${name} ${((count / total) * 100).toFixed(1)} %`)
    .join(' and ');
}

function MeasuredWords({
  deployments,
  measured,
  total,
}: Pick<SplitLanesProps, 'deployments' | 'measured'> & { total: number }) {
  const { locale } = usePreferences();
  if (measured === null) return <span>Measured shares are not known yet</span>;
  if (total < MIN_SAMPLE) return <span>Not enough traffic ({formatInteger(total, locale)} requests in 60 s)</span>;
  return (
    <span>
      {sayMeasured(deployments, measured, total)} of {formatInteger(total, locale)} requests in 60 s
    </span>
  );
}

function Verdict({ applied, measured }: { applied: readonly Share[]; measured: ReadonlyMap<string, number> }) {
  const verdict = compareShares(applied, measured);
  if (verdict === 'too_few') return null;
  if (verdict === 'matches') {
    return (
      <span className="flex items-center gap-1 text-success">
        <Check size={13} aria-hidden="true" /> matches desired
      </span>
    );
  }
  return (
    <span className="flex items-center gap-1 text-warning">
      <CircleAlert size={13} aria-hidden="true" />
      differs from desired: a change within the minute, a sticky header, or calls that name a deployment
    </span>
  );
}
