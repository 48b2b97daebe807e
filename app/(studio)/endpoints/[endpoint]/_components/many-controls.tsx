'use client';

import type { ReactNode } from 'react';
import { SplitDisplay } from '#components/traffic/split-display.tsx';
import { SplitRows } from '#components/traffic/split-rows.tsx';
import type { SplitDeployment, SplitDraft } from '#components/traffic/use-split-draft.ts';
import { DeploymentMark } from '#components/ui/deployment.tsx';

export interface ManyControlsProps {
  /** All deployments, mirrors too. */
  rows: readonly SplitDeployment[];
  /** Those that share the live traffic. */
  live: readonly SplitDeployment[];
  draft: SplitDraft;
  freeEntry: boolean;
  ratePerSecond: number | null;
  /** What is desired and what is measured, on the scale of the draft. */
  lanes: ReactNode;
  /** Element that says the rule of the shares. */
  ruleId: string;
}

/** A bar that shows all shares, and a slider for each deployment. */
export function ManyControls({ rows, live, draft, freeEntry, ratePerSecond, lanes, ruleId }: ManyControlsProps) {
  return (
    <>
      <div className="grid grid-cols-[96px_minmax(0,1fr)] gap-x-4 max-md:grid-cols-1">
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1 pt-2 pb-1 md:block">
          Draft
          <IdleChips deployments={live} draft={draft} />
        </span>
        <SplitDisplay deployments={live} draft={draft} onChoose={focusRow} />
      </div>
      {lanes}
      <SplitRows
        deployments={rows}
        draft={draft}
        freeEntry={freeEntry}
        ratePerSecond={ratePerSecond}
        describedBy={ruleId}
      />
    </>
  );
}

/** Those with a share of 0 have no segment, and are not forgotten for that. */
function IdleChips({ deployments, draft }: { deployments: readonly SplitDeployment[]; draft: SplitDraft }) {
  const idle = deployments.filter(({ name }) => draft.percentOf(name) === 0);
  return (
    <span className="flex flex-wrap gap-1 text-2xs text-muted">
      {idle.map(({ name, slot }) => (
        <span key={name} title={`${name} 0 %`} className="inline-flex h-5 items-center gap-1 rounded-sm bg-fill px-1.5">
          <DeploymentMark slot={slot} size={8} /> 0 %
        </span>
      ))}
    </span>
  );
}

function focusRow(name: string): void {
  document.querySelector<HTMLElement>(`[data-share-row="${CSS.escape(name)}"] input[type=range]`)?.focus();
}
