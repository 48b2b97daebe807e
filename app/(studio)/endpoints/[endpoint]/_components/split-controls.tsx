'use client';

import { lazy, type RefObject, Suspense, useId } from 'react';
import { PRESETS, SplitTrack } from '#components/traffic/split-track.tsx';
import type { SplitDeployment, SplitDraft } from '#components/traffic/use-split-draft.ts';
import { Button } from '#components/ui/button.tsx';
import { DeploymentMark } from '#components/ui/deployment.tsx';
import { NumberField } from '#components/ui/number-field.tsx';
import { SegmentedControl } from '#components/ui/segmented-control.tsx';
import { Skeleton } from '#components/ui/skeleton.tsx';
import { FULL } from '#lib/traffic/rebalance.ts';
import type { ManyControlsProps } from './many-controls.tsx';

/** Most endpoints have one deployment or two; the sliders of more come when there are more. */
const ManyControls = lazy(() => import('./many-controls.tsx').then((module) => ({ default: module.ManyControls })));

export interface SplitControlsProps extends Omit<ManyControlsProps, 'ruleId'> {
  revision: number;
  sliderRef: RefObject<HTMLInputElement | null>;
}

/** One deployment: nothing to slide. Two: one thumb between them. Three and more: a slider each. */
export function SplitControls(props: SplitControlsProps) {
  const { live, lanes } = props;
  const ruleId = useId();
  const [first, second] = live;
  return (
    <div role="group" aria-label="Traffic split" aria-describedby={ruleId} className="grid min-w-0 gap-4">
      {first && second && live.length === 2 ? (
        <PairControls {...props} first={first} second={second} ruleId={ruleId} />
      ) : first && live.length === 1 ? (
        <>
          <SingleShare row={first} draft={props.draft} />
          {lanes}
        </>
      ) : (
        <Suspense fallback={<Skeleton className="h-60 w-full" />}>
          <ManyControls {...props} ruleId={ruleId} />
        </Suspense>
      )}
      <p id={ruleId} className="sr-only">
        The shares always sum to 100. Moving one moves the unlocked others in proportion; nothing is sent before you
        apply.
      </p>
    </div>
  );
}

/** Older stands left, newer right: the thumb stays where it is when the split is applied. */
function PairControls({
  draft,
  revision,
  sliderRef,
  lanes,
  first,
  second,
  ruleId,
}: SplitControlsProps & { first: SplitDeployment; second: SplitDeployment; ruleId: string }) {
  return (
    <>
      <div className="grid grid-cols-[96px_minmax(0,1fr)] gap-x-4 max-md:grid-cols-1">
        <span className="pt-8.5 max-md:pt-0">Draft</span>
        <SplitTrack
          base={first}
          candidate={second}
          draft={draft}
          revision={revision}
          isDisabled={!first.ready && !second.ready}
          describedBy={ruleId}
          inputRef={sliderRef}
        />
      </div>
      {lanes}
      <PairFields pair={[first, second]} draft={draft} />
    </>
  );
}

function PairFields({ pair, draft }: { pair: readonly [SplitDeployment, SplitDeployment]; draft: SplitDraft }) {
  const [, candidate] = pair;
  const current = String(draft.percentOf(candidate.name));
  return (
    <div className="flex flex-wrap items-end gap-x-6 gap-y-3 max-md:grid max-md:grid-cols-2 max-md:gap-x-3">
      {pair.map(({ name, slot }) => (
        <NumberField
          key={name}
          label={
            <span className="flex items-center gap-1.5">
              <DeploymentMark slot={slot} /> {name}
            </span>
          }
          aria-label={`Share of ${name} in percent`}
          unit="%"
          minValue={0}
          maxValue={FULL}
          value={draft.percentOf(name)}
          onChange={(value) => draft.move(name, value)}
        />
      ))}
      <div className="grid justify-items-start gap-1.5 max-md:col-span-2">
        <span className="text-xs text-muted">Share of {candidate.name}</span>
        <SegmentedControl
          label={`Presets for the share of ${candidate.name}`}
          size="md"
          options={PRESETS.map((preset) => ({ id: String(preset), label: preset }))}
          value={current}
          onChange={(id) => {
            draft.endGesture();
            draft.move(candidate.name, Number(id));
            draft.endGesture();
          }}
        />
      </div>
    </div>
  );
}

/** One deployment takes everything or nothing. */
function SingleShare({ row, draft }: { row: SplitDeployment; draft: SplitDraft }) {
  const percent = draft.percentOf(row.name);
  return (
    <div className="flex flex-wrap items-center gap-3">
      <span className="flex items-center gap-1.5">
        <DeploymentMark slot={row.slot} />
        <b className="font-semibold">{row.name}</b> gets {percent} % of the traffic
      </span>
      {percent === FULL ? null : (
        <Button size="sm" isDisabled={!row.ready} onPress={() => draft.type(row.name, FULL)}>
          Give it 100 %
        </Button>
      )}
      {row.ready ? null : <span className="text-xs text-muted">{row.reason}</span>}
    </div>
  );
}
