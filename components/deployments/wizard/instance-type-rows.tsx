'use client';

import { useState } from 'react';
import { Label } from 'react-aria-components/Label';
import { Radio, RadioGroup } from 'react-aria-components/RadioGroup';
import { usePreferences } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { cx } from '#components/ui/class-names.ts';
import { Figure } from '#components/ui/readouts.tsx';
import type { InstanceType } from '#lib/contracts/instance-type.ts';
import { formatMemoryMib } from '#lib/format/bytes.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRate } from '#lib/format/money.ts';
import { formatRatio } from '#lib/format/number.ts';
import { FieldFault } from './field-fault.tsx';
import { type FitFacts, type FitVerdict, fitVerdict, sortByFit, suggestInstanceType } from './fit-verdict.ts';

export interface InstanceTypeRowsProps {
  types: readonly InstanceType[];
  facts: FitFacts;
  value: string | null;
  onChange: (name: string) => void;
  error: string | null;
}

const SHOWN_AT_FIRST = 6;

/** Sizes with their price and whether they fit; what cannot run the model stays in sight, with the reason. */
export function InstanceTypeRows({ types, facts, value, onChange, error }: InstanceTypeRowsProps) {
  const [showsAll, setShowsAll] = useState(false);
  const sorted = sortByFit(types, facts);
  const suggested = suggestInstanceType(types, facts)?.name;
  const shown = showsAll ? sorted : sorted.filter((type, index) => index < SHOWN_AT_FIRST || type.name === value);
  const hidden = sorted.length - shown.length;
  return (
    <>
      <RadioGroup value={value} onChange={onChange} isInvalid={error !== null}>
        <Label className="sr-only">Instance type</Label>
        <div className="overflow-hidden rounded-lg border border-line-strong">
          {shown.map((type) => (
            <InstanceTypeRow
              key={type.name}
              type={type}
              verdict={fitVerdict(type, facts)}
              isSuggested={type.name === suggested}
            />
          ))}
        </div>
      </RadioGroup>
      <FieldFault message={error} />
      {hidden > 0 ? (
        <Button variant="quiet" size="sm" className="mt-2 -ms-2.5" onPress={() => setShowsAll(true)}>
          Show {hidden} more sizes
        </Button>
      ) : null}
    </>
  );
}

const DOT =
  'size-3.5 rounded-full border border-control bg-page group-data-selected:border-[4.5px] group-data-selected:border-accent-fill group-data-selected:bg-[#fff] group-data-disabled:border-line-strong group-data-disabled:bg-sunken';

function InstanceTypeRow({
  type,
  verdict,
  isSuggested,
}: {
  type: InstanceType;
  verdict: FitVerdict;
  isSuggested: boolean;
}) {
  const { locale } = usePreferences();
  const price = formatHourlyRate(type.price_per_hour_micros, type.currency, locale);
  return (
    <Radio
      value={type.name}
      isDisabled={verdict.kind === 'unfit'}
      className="group grid min-h-11 cursor-pointer grid-cols-[18px_9.25rem_minmax(0,1fr)_11.5rem_5rem] items-center gap-x-3.5 border-b border-line px-3.5 py-1.5 last:border-b-0 data-disabled:cursor-not-allowed data-disabled:text-faint data-focus-visible:outline-2 data-focus-visible:-outline-offset-2 data-focus-visible:outline-focus data-hovered:bg-raised data-selected:bg-accent-wash max-md:grid-cols-[18px_minmax(0,1fr)_auto] max-md:gap-x-3"
    >
      <span className={DOT} />
      <span className="font-medium">{type.name}</span>
      <span className="text-muted group-data-disabled:text-faint max-md:col-start-2 max-md:row-start-2 max-md:text-xs">
        {sizeWords(type, locale)}
      </span>
      <span
        className={cx(
          'text-xs max-md:col-span-2 max-md:col-start-2 max-md:row-start-3',
          verdict.kind === 'unfit' && 'text-danger',
        )}
      >
        {isSuggested ? `${shortVerdict(verdict, locale)}, suggested` : verdictWords(verdict, locale)}
      </span>
      <span className="text-end font-medium max-md:col-start-3 max-md:row-start-1">
        <Figure {...price} />
      </span>
    </Radio>
  );
}

function sizeWords(type: InstanceType, locale: string): string {
  const memory = figureText(formatMemoryMib(type.memory_mib, locale));
  const gpus = type.gpus > 0 ? `, ${type.gpus === 1 ? 'GPU' : `${type.gpus} GPUs`}` : '';
  return `${type.cpu} vCPU, ${memory}${gpus}`;
}

function verdictWords(verdict: FitVerdict, locale: string): string {
  if (verdict.kind !== 'fits') return verdict.reason;
  return verdict.memoryShare === null ? 'fits' : `${shortVerdict(verdict, locale)} of memory`;
}

function shortVerdict(verdict: FitVerdict, locale: string): string {
  if (verdict.kind !== 'fits' || verdict.memoryShare === null) return 'fits';
  return `fits, ${figureText(formatRatio(verdict.memoryShare, locale, 0))}`;
}
