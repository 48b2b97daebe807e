'use client';

import { ArrowRight, Check, CircleAlert } from 'lucide-react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { DeploymentName } from '#components/ui/deployment.tsx';
import type { Share } from '#lib/traffic/rebalance.ts';
import { formatRequestRate } from '#lib/format/number.ts';
import { figureText } from '#lib/format/figure.ts';
import { previewWarnings } from './preview-warnings.ts';
import type { SplitDeployment } from './use-split-draft.ts';

export interface PreviewFacts {
  /** Requests per second of the whole endpoint over the last 15 minutes; null where nothing was seen. */
  ratePerSecond: number | null;
  readyInstances: ReadonlyMap<string, number>;
  /** Failed share of requests by deployment over the last 15 minutes. */
  errorRatio: ReadonlyMap<string, number>;
  /** Deployments that ever answered a request in that time. */
  requests: ReadonlyMap<string, number>;
  /** Formatted, with its unit. */
  runRate: string;
}

export interface SplitPreviewProps {
  deployments: readonly SplitDeployment[];
  applied: readonly Share[];
  shares: readonly Share[];
  facts: PreviewFacts;
}

/** What the draft would do, computed from the last 15 minutes before anything is sent. */
export function SplitPreview({ deployments, applied, shares, facts }: SplitPreviewProps) {
  const { locale } = usePreferences();
  const rate = (percent: number): string =>
    facts.ratePerSecond === null ? '–' : figureText(formatRequestRate((facts.ratePerSecond * percent) / 100, locale));
  const percentIn = (list: readonly Share[], name: string): number =>
    list.find((share) => share.name === name)?.percent ?? 0;
  const warnings = previewWarnings(deployments, applied, shares, facts);
  return (
    <div className="grid content-start gap-3">
      <div className="flex items-baseline justify-between gap-3">
        <h3>If you apply this</h3>
        <span className="text-xs text-muted">from the last 15 min</span>
      </div>
      <table className="w-full">
        <thead>
          <tr className="text-xs text-muted">
            <th scope="col" className="text-start font-normal">
              Deployment
            </th>
            <th scope="col" className="text-end font-normal">
              Requests
            </th>
            <th scope="col" className="text-end font-normal">
              Instances
            </th>
          </tr>
        </thead>
        <tbody>
          {deployments.map(({ name, slot }) => (
            <tr key={name} className="border-t border-line">
              <th scope="row" className="py-2 text-start font-normal">
                <DeploymentName name={name} slot={slot} />
              </th>
              <td className="text-end whitespace-nowrap">
                <span className="text-muted">{rate(percentIn(applied, name))}</span>
                <ArrowRight size={12} className="mx-1 inline text-faint" aria-label="becomes" />
                <b className="font-semibold">{rate(percentIn(shares, name))}</b>
              </td>
              <td className="text-end">{facts.readyInstances.get(name) ?? 0}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="flex justify-between gap-3 border-t border-line pt-3">
        <span className="text-muted">Run rate</span>
        <span>
          <b className="font-semibold">{facts.runRate}</b>, unchanged
        </span>
      </p>
      <ul className="grid gap-2 border-t border-line pt-3">
        {warnings.length === 0 ? (
          <li className="flex gap-2">
            <Check size={16} className="mt-0.5 text-success" aria-hidden="true" /> Nothing speaks against it
          </li>
        ) : (
          warnings.map((warning) => (
            <li key={warning} className="flex gap-2">
              <CircleAlert size={16} className="mt-0.5 text-warning" aria-hidden="true" />
              <span className="min-w-0">{warning}</span>
            </li>
          ))
        )}
      </ul>
    </div>
  );
}
