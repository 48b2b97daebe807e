'use client';

import { Lock, LockOpen } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useId } from 'react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { cx } from '#components/ui/class-names.ts';
import { DeploymentMark, slotColour, slotStyle } from '#components/ui/deployment.tsx';
import { IconButton } from '#components/ui/icon-button.tsx';
import { NumberField } from '#components/ui/number-field.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import { formatRequestRate } from '#lib/format/number.ts';
import { sayShares } from '#lib/traffic/rebalance.ts';
import { RangeInput } from './range-input.tsx';
import type { SplitDeployment, SplitDraft } from './use-split-draft.ts';

const THUMB_PX = 20;

export interface SplitRowsProps {
  deployments: readonly SplitDeployment[];
  draft: SplitDraft;
  /** Type every share; the sum may be off until it is brought to 100. */
  freeEntry: boolean;
  /** Requests per second of the endpoint; null while unknown. */
  ratePerSecond: number | null;
  describedBy: string;
}

/** One slider for each deployment; moving one moves the unlocked others in proportion, so the sum stays 100. */
export function SplitRows(props: SplitRowsProps) {
  return (
    <ul aria-label="Shares">
      {props.deployments.map((deployment) => (
        <SplitRow key={deployment.name} deployment={deployment} {...props} />
      ))}
    </ul>
  );
}

function SplitRow({
  deployment,
  draft,
  freeEntry,
  ratePerSecond,
  describedBy,
}: SplitRowsProps & { deployment: SplitDeployment }) {
  const { name, ready } = deployment;
  const { locale } = usePreferences();
  const noteId = useId();
  const percent = draft.percentOf(name);
  const applied = draft.appliedOf(name);
  const isLocked = draft.locked.has(name);
  // One that is not ready can only be lowered.
  const limit = Math.min(draft.reach(name), ready ? 100 : Math.max(percent, applied));
  const isOff = deployment.mirrorPercent > 0 || isLocked || !draft.canMove(name) || (!ready && limit === 0);
  const others = draft.shares.filter((share) => share.name !== name);

  function onKey(event: KeyboardEvent<HTMLInputElement>): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = event.currentTarget.closest('li');
    if (event.key.toLowerCase() === 'l') {
      event.preventDefault();
      draft.toggleLock(name);
    } else if (/^\d$/.test(event.key)) {
      // The key goes on to the field, which then holds the focus.
      focusNumberField(row);
    } else if (event.key === 'Escape') event.currentTarget.blur();
  }

  return (
    <li
      className="grid min-h-14 grid-cols-[96px_minmax(0,1fr)_auto_32px_72px] items-center gap-x-4 border-t border-line py-1.5 max-md:grid-cols-[minmax(0,1fr)_auto_40px] max-md:gap-x-2 max-md:gap-y-1 max-md:py-2.5"
      data-share-row={name}
    >
      <RowName deployment={deployment} note={noteOf(deployment, applied, percent, isLocked)} noteId={noteId} />
      <div className="relative h-8 max-md:order-last max-md:col-span-3" style={slotStyle(deployment.slot)}>
        <RangeInput
          label={`Share of ${name}`}
          value={percent}
          min={0}
          max={limit}
          thumbPx={THUMB_PX}
          isDisabled={isOff || freeEntry}
          valueText={`${name} ${percent} percent; ${others.length === 0 ? 'nobody else' : sayShares(others)}`}
          describedBy={`${describedBy} ${noteId}`}
          onInput={(value, { isDragging }) => draft.move(name, value, isDragging)}
          onRelease={draft.endGesture}
          onKey={onKey}
        />
        <RowTrack slot={deployment.slot} percent={percent} applied={applied} limit={limit} isOff={isOff} />
      </div>
      <NumberField
        label={`Share of ${name} in percent`}
        labelHidden
        unit="%"
        minValue={0}
        maxValue={freeEntry ? 100 : Math.max(limit, percent)}
        value={percent}
        isDisabled={isOff && !freeEntry}
        onChange={(value) => (freeEntry ? draft.type(name, value) : draft.move(name, value))}
      />
      <IconButton
        label={isLocked ? `Unlock the share of ${name}` : `Lock the share of ${name}`}
        aria-pressed={isLocked}
        isDisabled={deployment.mirrorPercent > 0 || freeEntry}
        className={isLocked ? 'border-accent-line bg-accent-wash text-accent' : ''}
        icon={isLocked ? <Lock size={14} aria-hidden="true" /> : <LockOpen size={14} aria-hidden="true" />}
        onPress={() => draft.toggleLock(name)}
      />
      <span className="text-end whitespace-nowrap max-md:hidden">
        {deployment.mirrorPercent > 0 ? (
          <span className="text-muted">mirror</span>
        ) : (
          <Figure {...formatRequestRate(ratePerSecond === null ? null : (ratePerSecond * percent) / 100, locale)} />
        )}
      </span>
    </li>
  );
}

function RowName({ deployment, note, noteId }: { deployment: SplitDeployment; note: ReactNode; noteId: string }) {
  return (
    <span className="grid min-w-0 content-center">
      <span className="flex min-w-0 items-center gap-1.5 font-medium">
        <DeploymentMark slot={deployment.slot} />
        <span className="truncate" title={deployment.name}>
          {deployment.name}
        </span>
      </span>
      <span id={noteId} className="ps-4 text-xs text-muted empty:hidden">
        {note}
      </span>
    </span>
  );
}

/** Why the row stands as it does. */
function noteOf(deployment: SplitDeployment, applied: number, percent: number, isLocked: boolean): ReactNode {
  if (deployment.mirrorPercent > 0) return `gets copies, ${deployment.mirrorPercent} %`;
  if (!deployment.ready) return 'not ready';
  if (isLocked) return `locked at ${percent} %`;
  return percent === applied ? '' : `was ${applied} %`;
}

interface RowTrackProps {
  slot: number;
  percent: number;
  applied: number;
  limit: number;
  isOff: boolean;
}

/** The drawn slider behind the native one. What locks make unreachable is hatched; an off thumb stays, in grey. */
function RowTrack({ slot, percent, applied, limit, isOff }: RowTrackProps) {
  return (
    <>
      <span className="pointer-events-none absolute inset-x-0 top-1/2 h-1.5 -translate-y-1/2 rounded-[3px] bg-sunken inset-ring inset-ring-line-strong" />
      <span
        className="pointer-events-none absolute top-1/2 h-1.5 -translate-y-1/2 rounded-[3px] bg-(--c)"
        style={{ left: 0, width: `${percent}%`, background: isOff && percent === 0 ? 'transparent' : slotColour(slot) }}
      />
      {limit < 100 ? (
        <span
          className="hatch pointer-events-none absolute top-1/2 right-0 h-1.5 -translate-y-1/2 rounded-e-[3px] [--c:var(--color-line-strong)]"
          style={{ width: `${100 - limit}%` }}
        />
      ) : null}
      {applied === percent ? null : (
        <span
          className="pointer-events-none absolute top-1/2 h-4 -translate-x-1/2 -translate-y-1/2 border-s-[1.5px] border-dashed border-text"
          style={{ left: `${applied}%` }}
        />
      )}
      <span
        className={cx(
          'pointer-events-none absolute top-1/2 grid h-6 w-5 -translate-1/2 place-items-center rounded-sm border-[1.5px] border-control bg-page shadow-thumb',
          "before:h-2.5 before:w-[5px] before:border-x-[1.5px] before:border-muted before:content-['']",
          'peer-hover:border-text peer-focus-visible:outline-2 peer-focus-visible:outline-offset-2 peer-focus-visible:outline-focus peer-active:border-accent peer-active:bg-accent-wash peer-disabled:border-line-strong peer-disabled:bg-fill peer-disabled:shadow-none forced-colors:bg-[ButtonText]',
        )}
        style={{ left: `${percent}%` }}
      />
    </>
  );
}

/** A digit on a slider starts typing in the field of the row. */
function focusNumberField(row: HTMLElement | null): void {
  const field = row?.querySelector<HTMLInputElement>('input[role=spinbutton]');
  field?.focus();
  field?.select();
}
