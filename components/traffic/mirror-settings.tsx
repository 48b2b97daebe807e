'use client';

import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { DeploymentMark } from '#components/ui/deployment.tsx';
import { NumberField } from '#components/ui/number-field.tsx';
import { Switch } from '#components/ui/switch.tsx';
import type { MirrorComparisonSettings } from '#lib/contracts/endpoint.ts';
import type { SplitDeployment } from './use-split-draft.ts';

const FIRST_SHARE = 10;
const FIRST_COMPARISON: MirrorComparisonSettings = { sample_percent: 100, relative_tolerance: 0.001 };

export interface MirrorShareProps {
  deployment: SplitDeployment;
  /** Percent of the live traffic; who answers callers cannot be a mirror. */
  liveShare: number;
  busy: boolean;
  onApply: (percent: number) => void;
}

/** Whether a deployment gets copies, and of how many requests. Give it a key of its share: what was typed goes when another is applied. */
export function MirrorShare({ deployment, liveShare, busy, onApply }: MirrorShareProps) {
  const { name, slot, mirrorPercent, ready } = deployment;
  const [percent, setPercent] = useState(mirrorPercent || FIRST_SHARE);
  const isOn = mirrorPercent > 0;
  const reason = liveShare > 0 ? `takes ${liveShare} % of the live traffic` : ready || isOn ? '' : 'not ready';
  return (
    <li className="flex min-h-12 flex-wrap items-center gap-x-4 gap-y-2 border-t border-line py-2 first:border-t-0">
      <Switch
        isSelected={isOn}
        isDisabled={busy || (!isOn && reason !== '')}
        onChange={(next) => onApply(next ? percent : 0)}
        className="min-w-44"
      >
        <span className="flex items-center gap-1.5">
          <DeploymentMark slot={slot} /> Copy requests to {name}
        </span>
      </Switch>
      {isOn ? (
        <>
          <NumberField
            label={`Share of requests copied to ${name}`}
            labelHidden
            unit="%"
            minValue={1}
            maxValue={100}
            value={percent}
            isDisabled={busy}
            onChange={setPercent}
          />
          {percent === mirrorPercent ? null : (
            <Button size="sm" busy={busy} onPress={() => onApply(percent)}>
              Copy {percent} %
            </Button>
          )}
        </>
      ) : (
        <span className="text-xs text-muted">{reason}</span>
      )}
    </li>
  );
}

export interface MirrorComparisonFieldsProps {
  applied: MirrorComparisonSettings | null;
  busy: boolean;
  onApply: (settings: MirrorComparisonSettings | null) => void;
}

/** Whether answers of mirrors are compared, how many, and how far numbers may be apart. Give it a key of what is applied. */
export function MirrorComparisonFields({ applied, busy, onApply }: MirrorComparisonFieldsProps) {
  const [draft, setDraft] = useState(applied ?? FIRST_COMPARISON);
  const changes = JSON.stringify(draft) !== JSON.stringify(applied);
  return (
    <div className="grid gap-3 border-t border-line pt-4">
      <Switch isSelected={applied !== null} isDisabled={busy} onChange={(next) => onApply(next ? draft : null)}>
        Compare the answers with the live ones
      </Switch>
      {applied === null ? null : (
        <div className="flex flex-wrap items-end gap-x-6 gap-y-3">
          <NumberField
            label="Copies compared"
            unit="%"
            minValue={0}
            maxValue={100}
            value={draft.sample_percent}
            isDisabled={busy}
            onChange={(percent) => setDraft({ ...draft, sample_percent: percent })}
          />
          <NumberField
            label="Numbers may differ by"
            unit="%"
            digits={5}
            step={0.01}
            minValue={0}
            maxValue={100}
            value={toPercent(draft.relative_tolerance)}
            isDisabled={busy}
            onChange={(percent) => setDraft({ ...draft, relative_tolerance: percent / 100 })}
          />
          {changes ? (
            <Button busy={busy} onPress={() => onApply(draft)}>
              Apply comparison
            </Button>
          ) : null}
        </div>
      )}
    </div>
  );
}

/** Without the digits that a division by 100 leaves behind. */
function toPercent(ratio: number): number {
  return Number((ratio * 100).toFixed(6));
}
