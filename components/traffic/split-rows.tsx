'use client';

import { Lock, LockOpen } from 'lucide-react';
import { DeploymentName, slotColour } from '#components/ui/deployment.tsx';
import { IconButton } from '#components/ui/icon-button.tsx';
import { NumberField } from '#components/ui/number-field.tsx';
import { Slider } from '#components/ui/slider.tsx';
import type { SplitDeployment, SplitDraft } from './use-split-draft.ts';

export interface SplitRowsProps {
  deployments: readonly SplitDeployment[];
  draft: SplitDraft;
  /** Type every share; the sum may be off until it is brought to 100. */
  freeEntry: boolean;
}

/** One slider for each deployment; moving one moves the unlocked others in proportion, so the sum stays 100. */
export function SplitRows({ deployments, draft, freeEntry }: SplitRowsProps) {
  return (
    <ul className="grid gap-1" aria-label="Shares">
      {deployments.map((deployment) => (
        <SplitRow key={deployment.name} deployment={deployment} draft={draft} freeEntry={freeEntry} />
      ))}
    </ul>
  );
}

function SplitRow({
  deployment,
  draft,
  freeEntry,
}: { deployment: SplitDeployment } & Omit<SplitRowsProps, 'deployments'>) {
  const { name, slot, ready, reason } = deployment;
  const percent = draft.shares.find((share) => share.name === name)?.percent ?? 0;
  const applied = draft.applied.find((share) => share.name === name)?.percent ?? 0;
  const isLocked = draft.locked.has(name);
  // One that is not ready can only be lowered.
  const limit = Math.min(draft.reach(name), ready ? 100 : Math.max(percent, applied));
  const isDisabled = isLocked || !draft.canMove(name) || (!ready && percent === 0);
  return (
    <li className="grid grid-cols-[84px_minmax(0,1fr)_auto_auto] items-center gap-x-3 max-md:grid-cols-[1fr_auto_auto]">
      <DeploymentName name={name} slot={slot} className="truncate" />
      <Slider
        label={`Share of ${name}`}
        labelHidden
        value={percent}
        limit={limit}
        applied={applied}
        colour={slotColour(slot)}
        isDisabled={isDisabled || freeEntry}
        onChange={(value) => draft.move(name, value, true)}
        onChangeEnd={draft.endGesture}
        className="max-md:col-span-3 max-md:row-start-2"
      />
      <NumberField
        label={`Share of ${name} in percent`}
        labelHidden
        unit="%"
        minValue={0}
        maxValue={freeEntry ? 100 : limit}
        value={percent}
        isDisabled={isDisabled && !freeEntry}
        onChange={(value) => (freeEntry ? draft.type(name, value) : draft.move(name, value))}
      />
      <IconButton
        label={isLocked ? `Unlock the share of ${name}` : `Lock the share of ${name}`}
        aria-pressed={isLocked}
        icon={isLocked ? <Lock size={14} aria-hidden="true" /> : <LockOpen size={14} aria-hidden="true" />}
        onPress={() => draft.toggleLock(name)}
      />
      {ready ? null : <p className="col-start-2 text-xs text-muted max-md:col-span-3 max-md:col-start-1">{reason}</p>}
    </li>
  );
}
