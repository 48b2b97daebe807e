'use client';

import { DeploymentMark } from '#components/ui/deployment.tsx';
import { sayShares } from '#lib/traffic/rebalance.ts';
import { SplitScale } from './split-scale.tsx';
import { segmentStyle } from './split-track.tsx';
import type { SplitDeployment, SplitDraft } from './use-split-draft.ts';

/**
 * Three and more deployments on one bar, to look at: thumbs between them would lie on each other and a share of 0 would be gone. A press on a
 * segment goes to its row.
 */
export function SplitDisplay({
  deployments,
  draft,
  onChoose,
}: {
  deployments: readonly SplitDeployment[];
  draft: SplitDraft;
  onChoose: (name: string) => void;
}) {
  return (
    <div>
      <div role="img" aria-label={sayShares(draft.shares)} className="flex h-9 min-w-0 gap-0.5">
        {draft.sum === 0 ? <span className="hatch flex-1 rounded-xs [--c:var(--color-control)]" /> : null}
        {deployments.map(({ name, slot }) => {
          const percent = draft.percentOf(name);
          return (
            // A short cut for the pointer; the rows below are reached with the keyboard.
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
            <span
              key={name}
              title={`${name} ${percent} %`}
              onClick={() => onChoose(name)}
              className="@container flex min-w-0 cursor-pointer items-center justify-center overflow-hidden border-b-6 first:rounded-s-xs last:rounded-e-xs forced-colors:border"
              style={segmentStyle(slot, percent)}
            >
              <span className="hidden items-center gap-1.5 whitespace-nowrap @min-[52px]:flex">
                <DeploymentMark slot={slot} size={9} />
                <b className="font-semibold">{percent} %</b>
              </span>
            </span>
          );
        })}
      </div>
      <SplitScale />
    </div>
  );
}
