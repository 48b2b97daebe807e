'use client';

import type { CSSProperties } from 'react';
import { SliderThumb, SliderTrack, Slider as AriaSlider } from 'react-aria-components/Slider';
import { Label } from 'react-aria-components/Label';
import { DeploymentMark, slotColour } from '#components/ui/deployment.tsx';
import type { SplitDeployment, SplitDraft } from './use-split-draft.ts';

/** Values that a drag is drawn to. */
const PRESETS = [0, 1, 5, 10, 25, 50, 100];
const LABELLED_TICKS = [0, 25, 50, 75, 100];

export interface SplitTrackProps {
  /** The one that stands left and gets the rest. */
  base: SplitDeployment;
  candidate: SplitDeployment;
  draft: SplitDraft;
  revision: number;
  isDisabled: boolean;
}

/** Two deployments on one track: a tinted body, a solid base, one thumb between them, and a scale that measures. */
export function SplitTrack({ base, candidate, draft, revision, isDisabled }: SplitTrackProps) {
  const percentOf = (name: string): number => draft.shares.find((share) => share.name === name)?.percent ?? 0;
  const appliedOf = (name: string): number => draft.applied.find((share) => share.name === name)?.percent ?? 0;
  const left = percentOf(base.name);
  const right = percentOf(candidate.name);
  const appliedAt = appliedOf(base.name);
  return (
    <AriaSlider
      // The thumb stands where the left one ends, so its position is the left share; it is named and read as the candidate's.
      value={left}
      minValue={0}
      maxValue={100}
      isDisabled={isDisabled}
      onChange={(value) => draft.move(base.name, value, true)}
      onChangeEnd={(value) => {
        draft.move(base.name, snap(value), true);
        draft.endGesture();
      }}
      className="grid"
    >
      <Label className="sr-only">
        Share of {base.name}; the rest goes to {candidate.name}
      </Label>
      <div className="relative h-4.5 text-2xs text-muted" aria-hidden="true">
        {draft.isDraft ? (
          <span className="absolute -translate-x-1/2 whitespace-nowrap" style={{ insetInlineStart: `${appliedAt}%` }}>
            r{revision}
          </span>
        ) : null}
      </div>
      <SliderTrack className="relative flex h-11 cursor-ew-resize data-disabled:cursor-not-allowed">
        <span className="absolute inset-0 flex gap-0.5" aria-hidden="true">
          <Body deployment={base} percent={left} was={appliedOf(base.name)} />
          <Body deployment={candidate} percent={right} was={appliedOf(candidate.name)} atEnd />
        </span>
        {draft.isDraft ? (
          <span
            className="absolute bottom-0 h-1.5 w-0.5 bg-text"
            style={{ insetInlineStart: `${appliedAt}%` }}
            aria-hidden="true"
          />
        ) : null}
        <SliderThumb className="top-1/2 flex h-13 w-6 items-center justify-center gap-1 rounded-md border border-control bg-page shadow-thumb before:h-3 before:w-px before:bg-muted before:content-[''] after:h-3 after:w-px after:bg-muted after:content-[''] data-disabled:border-line-strong data-disabled:bg-fill data-dragging:border-accent data-dragging:bg-accent-wash data-focus-visible:outline-2 data-focus-visible:outline-offset-2 data-focus-visible:outline-focus data-hovered:border-text" />
      </SliderTrack>
      <Scale />
    </AriaSlider>
  );
}

/** A pointer lands on a preset of the candidate's share when it is close; the arrow keys never do, since they move by one. */
function snap(value: number): number {
  const near = PRESETS.map((preset) => 100 - preset).find((preset) => Math.abs(preset - value) < 0.5);
  return near ?? value;
}

function Body({
  deployment,
  percent,
  was,
  atEnd = false,
}: {
  deployment: SplitDeployment;
  percent: number;
  was: number;
  atEnd?: boolean;
}) {
  const colour = slotColour(deployment.slot);
  return (
    <span
      className={`flex min-w-0 items-center overflow-hidden border-b-6 first:rounded-s-xs last:rounded-e-xs ${atEnd ? 'justify-end' : ''}`}
      style={
        {
          flex: `${percent} 0 0`,
          borderColor: colour,
          background: `color-mix(in oklab, ${colour} var(--dep-tint), var(--color-page))`,
        } as CSSProperties
      }
    >
      {percent >= 14 ? (
        <span className="flex items-center gap-1.5 truncate px-3.5">
          <DeploymentMark slot={deployment.slot} />
          <b className="font-semibold">
            {deployment.name} {percent} %
          </b>
          {percent === was ? null : <span className="text-muted max-md:hidden">was {was}</span>}
        </span>
      ) : null}
    </span>
  );
}

/** Ticks every 2, longer every 10, longest every 50. */
function Scale() {
  return (
    <div className="relative h-8 text-2xs text-faint" aria-hidden="true">
      <svg
        className="absolute inset-x-0 top-0 h-2.5 w-full overflow-visible"
        preserveAspectRatio="none"
        viewBox="0 0 100 10"
      >
        {Array.from({ length: 51 }, (_, index) => index * 2).map((at) => (
          <line
            key={at}
            x1={at}
            x2={at}
            y1="2"
            y2={at % 50 === 0 ? 10 : at % 10 === 0 ? 8 : 5}
            stroke="var(--color-control)"
            strokeWidth="1"
            vectorEffect="non-scaling-stroke"
          />
        ))}
      </svg>
      {LABELLED_TICKS.map((at) => (
        <span
          key={at}
          className={`absolute top-3 ${at === 0 ? '' : at === 100 ? '-translate-x-full' : '-translate-x-1/2'}`}
          style={{ left: `${at}%` }}
        >
          {at}
        </span>
      ))}
    </div>
  );
}
