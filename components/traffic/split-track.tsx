'use client';

import type { CSSProperties, RefObject } from 'react';
import { cx } from '#components/ui/class-names.ts';
import { DeploymentMark, slotColour } from '#components/ui/deployment.tsx';
import { RangeInput } from './range-input.tsx';
import { SplitScale } from './split-scale.tsx';
import type { SplitDeployment, SplitDraft } from './use-split-draft.ts';

/** Shares of the candidate that a drag is drawn to, and that are one press away. */
export const PRESETS = [0, 1, 5, 10, 25, 50, 100] as const;
const SNAP_PX = 6;
const THUMB_PX = 24;

export interface SplitTrackProps {
  /** Stands left and gets the rest: the baseline. */
  base: SplitDeployment;
  candidate: SplitDeployment;
  draft: SplitDraft;
  revision: number;
  isDisabled: boolean;
  describedBy: string;
  inputRef?: RefObject<HTMLInputElement | null>;
}

/** Two deployments on one track: tinted bodies on a solid base, one thumb where they meet, and a scale that measures. */
export function SplitTrack({ base, candidate, draft, revision, isDisabled, describedBy, inputRef }: SplitTrackProps) {
  const left = draft.percentOf(base.name);
  const right = draft.percentOf(candidate.name);
  const appliedAt = draft.appliedOf(base.name);
  // One that is not ready may keep or lose what it has.
  const max = candidate.ready ? 100 : Math.max(right, draft.appliedOf(candidate.name));
  const min = base.ready ? 0 : Math.min(right, 100 - draft.appliedOf(base.name));
  return (
    <div>
      <div className="relative h-5 text-2xs text-muted" aria-hidden="true">
        {draft.isDraft ? <AppliedMark at={appliedAt} revision={revision} /> : null}
      </div>
      <div className="relative h-11">
        <RangeInput
          label={`Share of ${candidate.name}`}
          value={right}
          min={min}
          max={max}
          reversed
          thumbPx={THUMB_PX}
          isDisabled={isDisabled}
          valueText={`${candidate.name} ${right} percent, ${base.name} ${left} percent`}
          describedBy={describedBy}
          onInput={(value, { isDragging, isFree, trackPx }) =>
            draft.move(candidate.name, isDragging && !isFree ? snap(value, trackPx) : value, isDragging)
          }
          onRelease={draft.endGesture}
          {...(inputRef ? { inputRef } : {})}
        />
        <span className="absolute inset-0 flex gap-0.5" aria-hidden="true">
          <Body deployment={base} percent={left} was={draft.appliedOf(base.name)} />
          <Body deployment={candidate} percent={right} was={draft.appliedOf(candidate.name)} atEnd />
        </span>
        {draft.isDraft ? (
          <span
            className="absolute bottom-0 h-1.5 w-0.5 -translate-x-1/2 bg-page outline outline-text"
            style={{ left: `${appliedAt}%` }}
            aria-hidden="true"
          />
        ) : null}
        <span
          aria-hidden="true"
          className={cx(
            'pointer-events-none absolute top-1/2 flex h-13 w-6 -translate-1/2 items-center justify-center gap-1 rounded-md border-[1.5px] border-control bg-page shadow-thumb',
            'before:h-3 before:w-px before:bg-muted after:h-3 after:w-px after:bg-muted',
            'peer-hover:border-text peer-focus-visible:outline-2 peer-focus-visible:outline-offset-2 peer-focus-visible:outline-focus peer-active:border-accent peer-active:bg-accent-wash peer-disabled:border-line-strong peer-disabled:bg-fill peer-disabled:shadow-none forced-colors:bg-[ButtonText]',
          )}
          style={{ left: `${left}%` }}
        />
      </div>
      <SplitScale />
    </div>
  );
}

/** A pointer lands on a preset that is closer than a few pixels. */
function snap(value: number, trackPx: number): number {
  const perPercent = trackPx / 100;
  const near = PRESETS.find((preset) => Math.abs(preset - value) * perPercent <= SNAP_PX);
  return near ?? value;
}

/** Where the applied split stands while another one is drafted. */
export function AppliedMark({ at, revision }: { at: number; revision: number }) {
  return (
    <span
      className="absolute bottom-0 flex flex-col items-center leading-3.5 whitespace-nowrap"
      style={{ left: `${at}%`, transform: `translateX(${at > 95 ? '-100%' : at < 5 ? '0' : '-50%'})` }}
    >
      r{revision}
      <svg width="7" height="5" viewBox="0 0 7 5" className="fill-text">
        <path d="M0 0h7L3.5 5z" />
      </svg>
    </span>
  );
}

interface BodyProps {
  deployment: SplitDeployment;
  percent: number;
  was: number;
  atEnd?: boolean;
}

/** Words as far as there is room for them: share, then name, then what it was. */
function Body({ deployment, percent, was, atEnd = false }: BodyProps) {
  return (
    <span
      className={cx(
        '@container flex min-w-0 items-center overflow-hidden border-b-6 first:rounded-s-xs last:rounded-e-xs forced-colors:border',
        atEnd && 'justify-end',
      )}
      style={segmentStyle(deployment.slot, percent)}
    >
      <span className="hidden items-center gap-1.5 px-3.5 whitespace-nowrap @min-[76px]:flex">
        <DeploymentMark slot={deployment.slot} />
        <b className="font-semibold">
          <span className="hidden @min-[124px]:inline">{deployment.name} </span>
          {percent} %
        </b>
        {percent === was ? null : <span className="hidden text-muted @min-[172px]:inline">was {was}</span>}
      </span>
    </span>
  );
}

/** Tint and base line of a share, in proportion. */
export function segmentStyle(slot: number, percent: number): CSSProperties {
  const colour = slotColour(slot);
  return {
    flex: `${percent} 0 0`,
    borderColor: colour,
    background: `color-mix(in oklab, ${colour} var(--dep-tint), var(--color-page))`,
    ...(percent === 0 ? { display: 'none' } : {}),
  };
}
